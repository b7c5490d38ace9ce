package dev.filigree.runtime.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.LayerNorm;
import dev.filigree.runtime.kernel.panel.Barrier;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Portion;
import dev.filigree.runtime.kernel.panel.Share;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Exponential, GELU, softmax and LayerNorm against double precision. */
class FunctionsTest {
    /** erf to double precision: the Maclaurin series where it converges fast, a continued fraction of erfc beyond (DLMF 7.6.1, 7.9.1). */
    static double erf(double x) {
        double a = Math.abs(x);
        if (a < 3) {
            double term = a;
            double sum = a;
            for (int n = 1; n < 100; n++) {
                term *= -a * a / n;
                sum += term / (2 * n + 1);
            }
            return Math.copySign(2 / Math.sqrt(Math.PI) * sum, x);
        }
        double fraction = 0;
        for (int n = 60; n > 0; n--) {
            fraction = n / 2.0 / (a + fraction);
        }
        return Math.copySign(1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction), x);
    }

    @Test
    void expIsExactToAFewUlps() {
        float[] values = new float[Panels.WIDTH];
        for (int i = 0; i <= 87 * 64; i += Panels.WIDTH) {
            for (int lane = 0; lane < Panels.WIDTH; lane++) {
                values[lane] = Math.max(-87, -(i + lane) / 64f);
            }
            float[] powers = exp(values);
            for (int lane = 0; lane < Panels.WIDTH; lane++) {
                double expected = Math.exp(values[lane]);
                assertThat((double) powers[lane]).as("exp(%s)", values[lane]).isCloseTo(expected, within(2e-7 * expected));
            }
        }
    }

    @Test
    void expOfTheExtremes() {
        float[] values = new float[Panels.WIDTH];
        values[0] = -0f;
        values[1] = -Float.MIN_VALUE;
        values[2] = -88;
        values[3] = -Float.MAX_VALUE;
        values[4] = Float.NEGATIVE_INFINITY;
        float[] powers = exp(values);
        assertThat(powers[0]).isEqualTo(1f);
        assertThat(powers[1]).isEqualTo(1f);
        assertThat(powers[2]).isBetween(0f, 2e-38f);
        assertThat(powers[3]).isBetween(0f, 2e-38f);
        assertThat(powers[4]).isBetween(0f, 2e-38f);
    }

    private static float[] exp(float[] values) {
        float[] result = new float[values.length];
        for (int lane = 0; lane < values.length; lane += Lanes.COUNT) {
            Exp.exp(Lanes.load(values, lane)).intoArray(result, lane);
        }
        return result;
    }

    private static void gelu(float[] values) {
        for (int lane = 0; lane < values.length; lane += Lanes.TILE) {
            Gelu.apply(values, lane, new int[1], 0, 1);
        }
    }

    @Test
    void geluIsWithinAMillionth() {
        float[] values = new float[Panels.WIDTH];
        for (int i = -10 * 512; i < 10 * 512; i += Panels.WIDTH) {
            for (int lane = 0; lane < Panels.WIDTH; lane++) {
                values[lane] = (i + lane) / 512f;
            }
            float[] results = values.clone();
            gelu(results);
            for (int lane = 0; lane < Panels.WIDTH; lane++) {
                double x = values[lane];
                double expected = x / 2 * (1 + erf(x / Math.sqrt(2)));
                assertThat((double) results[lane]).as("gelu(%s)", x).isCloseTo(expected, within(1e-6));
            }
        }
    }

    @Test
    void geluOfTheExtremes() {
        float[] values = new float[Panels.WIDTH];
        values[0] = Float.MIN_VALUE;
        values[1] = -0f;
        values[2] = 1e30f;
        values[3] = -1e30f;
        values[4] = Float.NaN;
        gelu(values);
        assertThat(values[0]).isBetween(0f, Float.MIN_VALUE);
        assertThat(values[1]).isZero();
        assertThat(values[2]).isEqualTo(1e30f);
        assertThat(values[3]).isZero();
        assertThat(values[4]).isNaN();
    }

    @Test
    void softmaxOfHugeScoresIsFinite() {
        float[] scores = new float[3 * Panels.WIDTH];
        float[] inverse = new float[Panels.WIDTH];
        for (int lane = 0; lane < Panels.WIDTH; lane++) {
            scores[lane] = -3e38f;
            scores[Panels.WIDTH + lane] = 1e30f;
            scores[2 * Panels.WIDTH + lane] = lane == 5 ? 1e30f : 0;
        }
        Softmax.apply(scores, 0, 3, 0.125f, inverse);
        assertThat(scores[Panels.WIDTH] * inverse[0]).isEqualTo(1f);
        assertThat(scores[Panels.WIDTH + 5] * inverse[5]).isEqualTo(0.5f);
        assertThat(scores[3] * inverse[3]).isBetween(0f, 1e-37f);
    }

    @Test
    void layerNormEqualsDoublePrecision() {
        SplittableRandom random = new SplittableRandom(3);
        for (int features : new int[] {1, 2, 5, 31, 384}) {
            float[] gamma = Models.values(features, 2, random);
            float[] beta = Models.values(features, 2, random);
            float[] x = Models.values(3 * features * Panels.WIDTH, 4, random);
            float[] y = x.clone();
            NormKernel norm = new NormKernel(new LayerNorm(gamma, beta), 1e-12f);
            for (int worker = 0; worker < 3; worker++) {
                norm.apply(y, new Portion(1, 3, new Share(worker, 3), Barrier.NONE));
            }
            assertThat(y[0]).as("the panel before is left alone").isEqualTo(x[0]);
            for (int token = Panels.WIDTH; token < 3 * Panels.WIDTH; token++) {
                int at = Panels.offset(token, features);
                double mean = 0;
                double square = 0;
                for (int i = 0; i < features; i++) {
                    mean += x[at + i * Panels.WIDTH] / (double) features;
                }
                for (int i = 0; i < features; i++) {
                    square += Math.pow(x[at + i * Panels.WIDTH] - mean, 2) / features;
                }
                for (int i = 0; i < features; i++) {
                    double expected = (x[at + i * Panels.WIDTH] - mean) / Math.sqrt(square + 1e-12) * gamma[i] + beta[i];
                    assertThat((double) y[at + i * Panels.WIDTH]).isCloseTo(expected, within(2e-5));
                }
            }
        }
    }
}
