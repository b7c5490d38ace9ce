package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.SPECIES;
import static dev.filigree.runtime.kernel.vector.Lanes.TILE;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import java.util.concurrent.locks.LockSupport;
import jdk.incubator.vector.FloatVector;

/**
 * Whether this VM compiles the Vector API to SIMD instructions. No property says so: a VM may lack the compiler that does, may have been
 * told to do without or without its vector support, or may run another compiler. So multiply-adds are run until they are fast. Measured on
 * a Zen 3: 0.9 ns each as SIMD, reached after 0.2 to 0.3 s; otherwise at best 16 ns (C2 without vector support) to 270 ns (C1), since
 * each operation then allocates its result. Noise only adds time, so the fastest run decides.
 *
 * <p>Where they stay slow, the compiler may not have had its turn yet, as on an overloaded machine. That is told from a control: the
 * same sums of single numbers in objects of plain Java, which an optimising compiler makes as fast. The vectors are given time in
 * proportion to what the control took to become fast.
 */
final class SimdTrial {
    /** Nanoseconds for a vector multiply-add, between the two. */
    private static final double LIMIT_NANOS = 5;

    /** The same for the control: 0.5 ns where the optimising compiler has been at it, 3 ns where only C1 was. */
    private static final double CONTROL_LIMIT_NANOS = 2;

    /** How many times as long as the control vectors may take at the end, on a machine on which everything is slow. */
    private static final double RATIO = 4;

    /** For so long vectors are run without a control and without a rest: nearly every VM that compiles them has by then. */
    private static final long ALONE_NANOS = 1_000_000_000L;

    /** Vectors get at least this once the control is fast, or {@link #LONGER} times what it took, since they are more work to compile. */
    private static final long AFTER_NANOS = 2_000_000_000L;

    private static final long LONGER = 10;

    /** With a control they are run for no longer than this. */
    private static final long MOST_NANOS = 10_000_000_000L;

    private SimdTrial() {}

    /** The outcome, found when it is first asked for. */
    static boolean passed() {
        return Outcome.PASSED;
    }

    private static final class Outcome {
        private static final boolean PASSED = passes(new Loops());
    }

    /** What is timed; a test has its own. */
    interface Timed {
        /** Nanoseconds from any one moment. */
        long now();

        /** Nanoseconds that a multiply-add of vectors took, in the fastest of some runs. */
        double vectorNanos();

        /** The same of the control. */
        double controlNanos();

        /** Leaves the processor to others, such as the VM's compiler, for a moment. */
        void rest();
    }

    /** The trial itself. */
    static boolean passes(Timed timed) {
        long begin = timed.now();
        do {
            if (timed.vectorNanos() <= LIMIT_NANOS) {
                return true;
            }
        } while (timed.now() - begin < ALONE_NANOS);
        long paired = timed.now();
        long patience = MOST_NANOS;
        double vector = Double.POSITIVE_INFINITY;
        double control = Double.POSITIVE_INFINITY;
        do {
            timed.rest();
            vector = Math.min(vector, timed.vectorNanos());
            if (vector <= LIMIT_NANOS) {
                return true;
            }
            boolean slowBefore = control > CONTROL_LIMIT_NANOS;
            control = Math.min(control, timed.controlNanos());
            if (slowBefore && control <= CONTROL_LIMIT_NANOS) {
                long taken = timed.now() - paired;
                patience = Math.min(patience, taken + Math.max(AFTER_NANOS, LONGER * taken));
            }
        } while (timed.now() - paired < patience);
        return vector <= RATIO * control;
    }

    /** The loops on this VM. */
    private static final class Loops implements Timed {
        /** Rounds of a loop in one run: few, so that few are interpreted before it is compiled. */
        private static final int ROUNDS = 64;
        private static final double OPERATIONS = 2 * ROUNDS;
        private static final int RUNS = 8;
        private static final long REST_NANOS = 1_000_000;

        private final float[] x = new float[ROUNDS * TILE];

        @Override
        public long now() {
            return System.nanoTime();
        }

        @Override
        public double vectorNanos() {
            long least = Long.MAX_VALUE;
            for (int run = 0; run < RUNS; run++) {
                long start = System.nanoTime();
                multiplyAdd(x);
                least = Math.min(least, System.nanoTime() - start);
            }
            return least / OPERATIONS;
        }

        @Override
        public double controlNanos() {
            long least = Long.MAX_VALUE;
            for (int run = 0; run < RUNS; run++) {
                long start = System.nanoTime();
                multiplyAddObjects(x);
                least = Math.min(least, System.nanoTime() - start);
            }
            return least / OPERATIONS;
        }

        @Override
        public void rest() {
            LockSupport.parkNanos(REST_NANOS);
        }

        /** Two multiply-adds a round. Not with {@link Lanes#broadcast}, which takes twice as long to become fast. */
        private static void multiplyAdd(float[] x) {
            FloatVector a = load(x, 0);
            FloatVector b = a;
            for (int i = 0; i < ROUNDS; i++) {
                FloatVector value = load(x, i * TILE);
                a = value.fma(value, a);
                b = value.fma(FloatVector.broadcast(SPECIES, x[i]), b);
            }
            a.add(b).intoArray(x, 0);
        }

        /** The same with single numbers in objects, of which none outlives its round, since C2 keeps those that do. */
        private static void multiplyAddObjects(float[] x) {
            float a = x[0];
            float b = a;
            for (int i = 0; i < ROUNDS; i++) {
                Scalar value = new Scalar(x[i * TILE]);
                a = value.multiplyAdd(value, new Scalar(a)).value;
                b = value.multiplyAdd(new Scalar(x[i]), new Scalar(b)).value;
            }
            x[0] = a + b;
        }
    }

    /** A number in an object, as a vector is one where it is not compiled. */
    private record Scalar(float value) {
        /** A product and a sum rather than {@link Math#fma}, which is slow where the processor has none. */
        Scalar multiplyAdd(Scalar factor, Scalar sum) {
            return new Scalar(value * factor.value + sum.value);
        }
    }
}
