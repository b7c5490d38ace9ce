package dev.filigree.runtime.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The decision, with machines whose clocks and speeds are made up. */
class SimdTrialTest {
    private static final double INTERPRETED = 4000;
    private static final double NEVER = 1e9;

    /**
     * A machine on which every run and every rest takes a millisecond.
     *
     * @see #compiledAfter
     */
    private static final class Machine implements SimdTrial.Timed {
        private static final long STEP_NANOS = 1_000_000;

        private final DoubleUnaryOperator vector;
        private final DoubleUnaryOperator control;
        /** Below the greatest long, so that it overflows in a test that takes long. */
        private final long begin = Long.MAX_VALUE - 1_500_000_000L;
        private long nanos = begin;
        private int controls;
        private int rests;

        Machine(DoubleUnaryOperator vector, DoubleUnaryOperator control) {
            this.vector = vector;
            this.control = control;
        }

        double seconds() {
            return (nanos - begin) / 1e9;
        }

        @Override
        public long now() {
            return nanos;
        }

        @Override
        public double vectorNanos() {
            nanos += STEP_NANOS;
            return vector.applyAsDouble(seconds());
        }

        @Override
        public double controlNanos() {
            nanos += STEP_NANOS;
            controls++;
            return control.applyAsDouble(seconds());
        }

        @Override
        public void rest() {
            nanos += STEP_NANOS;
            rests++;
        }
    }

    /** Slow until so many seconds have passed. */
    private static DoubleUnaryOperator compiledAfter(double seconds, double slow, double fast) {
        return now -> now < seconds ? slow : fast;
    }

    @Test
    void vectorsThatAreSoonFastNeedNoControl() {
        Machine machine = new Machine(compiledAfter(0.25, INTERPRETED, 0.8), compiledAfter(NEVER, 100, 100));
        assertThat(SimdTrial.passes(machine)).isTrue();
        assertThat(machine.seconds()).isBetween(0.25, 0.26);
        assertThat(machine.controls).isZero();
        assertThat(machine.rests).isZero();
    }

    @Test
    void aCompilerThatIsLateIsWaitedFor() {
        Machine machine = new Machine(compiledAfter(8, INTERPRETED, 0.8), compiledAfter(7, 100, 0.5));
        assertThat(SimdTrial.passes(machine)).isTrue();
        assertThat(machine.seconds()).isBetween(8.0, 8.1);
        assertThat(machine.rests).as("the compiler is left the processor").isGreaterThan(2000);
    }

    @Test
    void vectorsMayTakeLongerToCompileThanTheControl() {
        Machine machine = new Machine(compiledAfter(1 + 0.4 + 3.9, INTERPRETED, 0.8), compiledAfter(1 + 0.4, 100, 0.5));
        assertThat(SimdTrial.passes(machine)).isTrue();
    }

    @Test
    void whereOnlyTheControlBecomesFastVectorsAreNotCompiled() {
        Machine machine = new Machine(compiledAfter(0.3, INTERPRETED, 16), compiledAfter(1.1, 100, 0.5));
        assertThat(SimdTrial.passes(machine)).isFalse();
        assertThat(machine.seconds()).isBetween(3.0, 3.2);
    }

    @Test
    void whereNothingIsEverCompiledTheTrialEnds() {
        Machine machine = new Machine(compiledAfter(NEVER, INTERPRETED, INTERPRETED), compiledAfter(NEVER, 100, 100));
        assertThat(SimdTrial.passes(machine)).isFalse();
        assertThat(machine.seconds()).isBetween(11.0, 11.1);
    }

    @Test
    void onASlowMachineVectorsAreComparedWithTheControl() {
        assertThat(SimdTrial.passes(new Machine(compiledAfter(2, INTERPRETED, 30), compiledAfter(2, 900, 15)))).isTrue();
        assertThat(SimdTrial.passes(new Machine(compiledAfter(2, INTERPRETED, 300), compiledAfter(2, 900, 15)))).isFalse();
    }

    @Test
    void noiseOnlyAddsTime() {
        Random random = new Random(5);
        DoubleUnaryOperator vector = compiledAfter(0.3, INTERPRETED, 0.8);
        assertThat(SimdTrial.passes(new Machine(
                now -> vector.applyAsDouble(now) * (random.nextInt(200) == 0 ? 1 : 10 + random.nextInt(1000)), now -> 100))).isTrue();
    }
}
