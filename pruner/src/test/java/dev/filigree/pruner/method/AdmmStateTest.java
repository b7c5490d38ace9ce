package dev.filigree.pruner.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.Projection;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmmStateTest {
    @ParameterizedTest
    @CsvSource({"2:4@1, 1", "2:4@1, 2", "2:4@4, 3", "1:4@2, 4", "4:8@1, 5", "2:4@4, 6"})
    void agreesOnAQuadraticAndBeatsProjectingItsMinimiser(String sparsity, long seed) {
        Quadratic loss = new Quadratic(8, 16, seed);
        BlockGrid grid = BlockGrid.of(8, 16, Sparsity.parse(sparsity));
        Constraint constraint = new Constraint.AnyPatterns(Projection.euclidean(grid));
        float[] projected = loss.minimiser.clone();
        constraint.nearest(projected).apply(projected);

        float[] weights = loss.minimiser.clone();
        // Patterns are no convex set: rho must outweigh the curvature of the loss, or Z swings between patterns for ever.
        AdmmState admm = new AdmmState(constraint, weights, 8, RhoBalance.CONSTANT);
        Residuals residuals = loss.train(admm, weights, 600);
        assertThat(residuals.primal()).isLessThan(1e-4);
        assertThat(residuals.dual()).isLessThan(1e-4);
        assertThat(grid.obeyedBy(admm.projected())).isTrue();
        assertThat(loss.at(admm.projected())).isLessThan(loss.at(projected));
        // Where ADMM rests, kept weights have no gradient left: it refits as it chooses.
        double[] gradient = loss.gradient(admm.projected());
        float[] kept = admm.mask().toFloats();
        for (int i = 0; i < gradient.length; i++) {
            assertThat(gradient[i] * kept[i]).isCloseTo(0, within(5e-3));
        }
    }

    @Test
    void balancingLoosensARhoThatIsFarTooStiff() {
        Quadratic loss = new Quadratic(8, 16, 9);
        Constraint constraint = new Constraint.AnyPatterns(Projection.euclidean(BlockGrid.of(8, 16, Sparsity.parse("2:4@4"))));
        float[] weights = loss.minimiser.clone();
        AdmmState stiff = new AdmmState(constraint, weights, 8_000, RhoBalance.CONSTANT);
        loss.train(stiff, weights, 60);
        weights = loss.minimiser.clone();
        AdmmState balanced = new AdmmState(constraint, weights, 8_000, RhoBalance.around(8_000));
        loss.train(balanced, weights, 60);
        assertThat(balanced.rho()).isLessThan(1_000);
        assertThat(loss.at(balanced.projected())).isLessThan(0.9 * loss.at(stiff.projected()));
    }

    @Test
    void anEqualLossInAllDirectionsGivesTheProjection() {
        float[] trained = gaussian(64, 7);
        BlockGrid grid = BlockGrid.of(4, 16, Sparsity.parse("2:4@2"));
        AdmmState admm = new AdmmState(new Constraint.AnyPatterns(Projection.euclidean(grid)), trained, 2, RhoBalance.CONSTANT);
        float[] weights = trained.clone();
        for (int i = 0; i < 60; i++) {
            float[] target = admm.target();
            for (int j = 0; j < weights.length; j++) {
                weights[j] = (trained[j] + 2 * target[j]) / 3;
            }
            admm.update(weights);
        }
        float[] expected = trained.clone();
        Projection.euclidean(grid).project(expected);
        assertThat(admm.projected()).containsExactly(expected, within(1e-5f));
    }

    @Test
    void holdsAMaskThatMagnitudeWouldChange() {
        BlockGrid grid = BlockGrid.of(2, 4, Sparsity.parse("2:4@2"));
        Mask held = new Mask(grid, new int[] {0b0011});
        float[] weights = {1, 1, 9, 9, 1, 1, 9, 9};
        AdmmState admm = new AdmmState(new Constraint.Held(held), weights, 1, RhoBalance.CONSTANT);
        admm.update(weights);
        assertThat(admm.mask()).isEqualTo(held);
        assertThat(admm.projected()).containsExactly(1, 1, 0, 0, 1, 1, 0, 0);
    }

    @Test
    void projectsInTheMetricItIsGiven() {
        BlockGrid grid = BlockGrid.of(1, 4, Sparsity.parse("2:4"));
        Projection metric = Projection.inMetric(grid, new double[] {100, 1, 1, 100});
        AdmmState admm = new AdmmState(new Constraint.AnyPatterns(metric), new float[] {1, 2, 3, 1}, 1, RhoBalance.CONSTANT);
        assertThat(admm.projected()).containsExactly(1, 0, 0, 1);
    }

    @Test
    void followsTheUpdatesAsWritten() {
        BlockGrid grid = BlockGrid.of(1, 4, Sparsity.parse("2:4"));
        AdmmState admm = new AdmmState(
                new Constraint.AnyPatterns(Projection.euclidean(grid)), new float[] {4, 3, 2, 1}, 0.5f, RhoBalance.CONSTANT);
        assertThat(admm.target()).containsExactly(4, 3, 0, 0);
        Residuals residuals = admm.update(new float[] {4, 2, 3, 1});
        assertThat(admm.projected()).containsExactly(4, 0, 3, 0);
        assertThat(admm.scaledDual()).containsExactly(0, 2, 0, 1);
        assertThat(admm.target()).containsExactly(4, -2, 3, -1);
        assertThat(residuals.primal()).isCloseTo(Math.sqrt(5.0 / 30), within(1e-12));
        assertThat(residuals.dual()).isCloseTo(Math.sqrt(18.0 / 5), within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"1e-6, true", "1e6, false"})
    void balancingMovesRhoAndLeavesTheUnscaledDual(float rho, boolean grows) {
        BlockGrid grid = BlockGrid.of(4, 8, Sparsity.parse("2:4@2"));
        Constraint constraint = new Constraint.AnyPatterns(Projection.euclidean(grid));
        float[] weights = gaussian(32, 8);
        AdmmState constant = new AdmmState(constraint, weights, rho, RhoBalance.CONSTANT);
        // An imbalance barely above 1 makes every step balance; the two states see the same weights.
        AdmmState balanced = new AdmmState(constraint, weights, rho, new RhoBalance(1.0001, 4, 1e-9f, 1e9f));
        for (int i = 0; i < weights.length; i++) {
            weights[i] = grows ? weights[i] : constant.projected()[i] * 1.5f + 1e-3f;
        }
        constant.update(weights);
        balanced.update(weights);
        assertThat(balanced.rho()).isEqualTo(grows ? 4 * rho : rho / 4);
        for (int i = 0; i < weights.length; i++) {
            assertThat(balanced.rho() * balanced.scaledDual()[i]).isEqualTo(constant.rho() * constant.scaledDual()[i]);
            assertThat(balanced.target()[i]).isEqualTo(balanced.projected()[i] - balanced.scaledDual()[i]);
        }
    }

    @Test
    void rhoStaysWithinItsLimits() {
        RhoBalance balance = new RhoBalance(10, 2, 0.5f, 2);
        assertThat(balance.next(1, new Residuals(1, 0.01))).isEqualTo(2);
        assertThat(balance.next(2, new Residuals(1, 0.01))).isEqualTo(2);
        assertThat(balance.next(1, new Residuals(0.01, 1))).isEqualTo(0.5f);
        assertThat(balance.next(0.5f, new Residuals(0.01, 1))).isEqualTo(0.5f);
        assertThat(balance.next(1, new Residuals(0.2, 1))).isEqualTo(1);
        assertThat(balance.next(1, new Residuals(0, 1))).isEqualTo(1);
    }

    @Test
    void refusesWhatCannotWork() {
        Constraint constraint = new Constraint.AnyPatterns(Projection.euclidean(BlockGrid.of(1, 4, Sparsity.parse("2:4"))));
        assertThatThrownBy(() -> new AdmmState(constraint, new float[4], 0, RhoBalance.CONSTANT)).hasMessageContaining("must be positive");
        assertThatThrownBy(() -> new AdmmState(constraint, new float[4], 1, RhoBalance.CONSTANT).update(new float[5]))
                .hasMessageContaining("Expected 4 weights, got 5");
        assertThatThrownBy(() -> new RhoBalance(1, 2, 1, 1)).hasMessageContaining("imbalance above 1");
    }

    /** {@code 1/2 sum over rows (w − w*)ᵀ H (w − w*)} with inputs that depend on each other. */
    private static final class Quadratic {
        private final int rows;
        private final int columns;
        private final double[][] hessian;
        private final float[] minimiser;

        Quadratic(int rows, int columns, long seed) {
            Random random = new Random(seed);
            this.rows = rows;
            this.columns = columns;
            this.minimiser = gaussian(rows * columns, seed + 100);
            this.hessian = new double[columns][columns];
            for (int t = 0; t < columns; t++) {
                double[] x = random.doubles(columns, -1.5, 2).toArray();
                for (int i = 0; i < columns; i++) {
                    for (int j = 0; j < columns; j++) {
                        hessian[i][j] += x[i] * x[j] / columns;
                    }
                }
            }
            for (int i = 0; i < columns; i++) {
                hessian[i][i] += 0.4;
            }
        }

        double at(float[] weights) {
            double[] gradient = gradient(weights);
            double loss = 0;
            for (int i = 0; i < weights.length; i++) {
                loss += gradient[i] * (weights[i] - minimiser[i]) / 2;
            }
            return loss;
        }

        double[] gradient(float[] weights) {
            double[] gradient = new double[weights.length];
            for (int r = 0; r < rows; r++) {
                for (int i = 0; i < columns; i++) {
                    for (int j = 0; j < columns; j++) {
                        gradient[r * columns + i] += hessian[i][j] * (weights[r * columns + j] - minimiser[r * columns + j]);
                    }
                }
            }
            return gradient;
        }

        Residuals train(AdmmState admm, float[] weights, int updates) {
            Residuals residuals = new Residuals(1, 1);
            for (int i = 0; i < updates; i++) {
                minimiseWith(admm, weights);
                residuals = admm.update(weights);
            }
            return residuals;
        }

        /** Gradient descent on the loss with ADMM's term, as a trainer would, from where the weights are. */
        private void minimiseWith(AdmmState admm, float[] weights) {
            double step = 1 / (trace() + admm.rho());
            for (int i = 0; i < 40; i++) {
                double[] loss = gradient(weights);
                for (int j = 0; j < weights.length; j++) {
                    weights[j] -= (float) (step * (loss[j] + admm.rho() * (weights[j] - admm.target()[j])));
                }
            }
        }

        private double trace() {
            double trace = 0;
            for (int i = 0; i < columns; i++) {
                trace += hessian[i][i];
            }
            return trace;
        }
    }

    private static float[] gaussian(int length, long seed) {
        Random random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
