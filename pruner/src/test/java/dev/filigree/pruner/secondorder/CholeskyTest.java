package dev.filigree.pruner.secondorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CholeskyTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 11, 12, 13, 16, 23, 24, 25, 31, 49, 97})
    void theProductOfTheFactorsIsTheMatrix(int n) {
        double[] matrix = positiveDefinite(n, n);
        double[] l = matrix.clone();
        spoilUpperTriangle(l, n);
        Cholesky.factor(l, n);
        double worst = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int k = 0; k <= j; k++) {
                    sum += l[i * n + k] * l[j * n + k];
                }
                worst = Math.max(worst, Math.abs(sum - matrix[i * n + j]));
            }
        }
        assertThat(worst).isLessThan(1e-11);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 7, 12, 13, 29, 64, 101})
    void solvesAndInverts(int n) {
        double[] matrix = positiveDefinite(n, 100 + n);
        double[] inverse = new double[n * n];
        for (int i = 0; i < n; i++) {
            inverse[i * n + i] = 1;
        }
        Cholesky factor = Cholesky.factor(matrix.clone(), n);
        factor.solveRows(inverse, n);
        double worst = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int k = 0; k < n; k++) {
                    sum += inverse[i * n + k] * matrix[k * n + j];
                }
                worst = Math.max(worst, Math.abs(sum - (i == j ? 1 : 0)));
            }
        }
        assertThat(worst).isLessThan(1e-11);
        double[] diagonal = factor.inverseDiagonal();
        for (int i = 0; i < n; i++) {
            assertThat(diagonal[i]).isCloseTo(inverse[i * n + i], within(1e-12));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "5, 1", "13, 3", "24, 7", "25, 8", "31, 9", "64, 30"})
    void solvesAFewRowsAsItDoesMany(int n, int count) {
        Cholesky factor = Cholesky.factor(positiveDefinite(n, n), n);
        double[] right = new Random(n).doubles((long) n * count, -1, 1).toArray();
        double[] expected = right.clone();
        factor.solveRows(expected, count);
        double[] actual = right.clone();
        factor.solve(actual, 0, count);
        assertThat(actual).containsExactly(expected, within(1e-12));
    }

    @Test
    void refusesWhatIsNotPositiveDefinite() {
        double[] singular = {1, 0, 0, 1, 1, 0, 1, 1, 1};
        assertThatThrownBy(() -> Cholesky.factor(singular, 3)).isInstanceOf(ArithmeticException.class).hasMessageContaining("pivot 1 of 3");
        assertThatThrownBy(() -> Cholesky.factor(new double[] {Double.NaN}, 1)).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> Cholesky.factor(new double[] {0}, 1)).isInstanceOf(ArithmeticException.class);
    }

    /** A Gram matrix of random rows plus a diagonal: eigenvalues from 0.5 to about 4. */
    private static double[] positiveDefinite(int n, long seed) {
        Random random = new Random(seed);
        double[] rows = random.doubles((long) n * n, -1, 1).map(value -> value * Math.sqrt(3.0 / n)).toArray();
        double[] matrix = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double sum = i == j ? 0.5 : 0;
                for (int k = 0; k < n; k++) {
                    sum += rows[i * n + k] * rows[j * n + k];
                }
                matrix[i * n + j] = sum;
            }
        }
        return matrix;
    }

    private static void spoilUpperTriangle(double[] matrix, int n) {
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                matrix[i * n + j] = Double.NaN;
            }
        }
    }
}
