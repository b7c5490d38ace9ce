package dev.filigree.runtime.kernel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.LayerNorm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormulasTest {
    /** Values of Abramowitz and Stegun, table 7.1, and of DLMF 7.23. */
    @ParameterizedTest
    @CsvSource({
        "0, 0", "0.5, 0.5204998778130465", "1, 0.8427007929497149", "1.5, 0.9661051464753108", "2, 0.9953222650189527",
        "3, 0.9999779095030014", "5.9, 1", "7, 1", "1e308, 1"})
    void erfHasItsTabulatedValues(double x, double expected) {
        assertThat(Formulas.erf(x)).isEqualTo(expected, within(3e-16));
        assertThat(Formulas.erf(-x)).isEqualTo(-expected, within(3e-16));
    }

    @Test
    void erfIntegratesTheGaussian() {
        double step = 1e-3;
        double integral = 0;
        for (int i = 0; i < 4_000; i++) {
            double middle = (i + 0.5) * step;
            integral += 2 / Math.sqrt(Math.PI) * Math.exp(-middle * middle) * step;
            assertThat(Formulas.erf((i + 1) * step)).isEqualTo(integral, within(1e-7));
        }
    }

    @Test
    void geluIsTheInputTimesItsNormalProbability() {
        assertThat(Formulas.gelu(0)).isZero();
        assertThat(Formulas.gelu(1)).isEqualTo(0.8413447460685429, within(1e-15));
        assertThat(Formulas.gelu(-1)).isEqualTo(-0.15865525393145707, within(1e-15));
        assertThat(Formulas.gelu(40)).isEqualTo(40);
        assertThat(Formulas.gelu(-40)).isZero();
    }

    @Test
    void softmaxStandsLargeInputs() {
        double[] values = {1000, 1000 + Math.log(3)};
        Formulas.softmax(values);
        assertThat(values).containsExactly(new double[] {0.25, 0.75}, within(1e-12));
    }

    @Test
    void layerNormDividesByTheStandardDeviationOfAllElements() {
        double[] state = {1, 3, 5, 7};
        Formulas.layerNorm(state, new LayerNorm(new float[] {1, 1, 2, 1}, new float[] {0, 0, 0, 1}), 4);
        // Mean 4, variance 5, so that the divisor is sqrt(5 + 4) = 3.
        assertThat(state).containsExactly(new double[] {-1, -1 / 3.0, 2 / 3.0, 2}, within(1e-12));
    }
}
