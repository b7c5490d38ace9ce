package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.TILE;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import jdk.incubator.vector.FloatVector;

/**
 * Whether this VM compiles the Vector API to SIMD instructions. No property says so: a VM may lack the compiler that does, may have been
 * told to do without or without its vector support, or may run another compiler. So multiply-adds are run until they are fast. Measured on
 * a Zen 3: 0.7 ns each as SIMD, reached after 0.2 to 0.3 s; otherwise at best 16 ns (C2 without vector support) to 270 ns (C1), since
 * each operation then allocates its result. Noise only adds time, so the fastest run decides.
 */
final class SimdTrial {
    /** Nanoseconds for a vector multiply-add, between the two. */
    private static final int LIMIT_NANOS = 5;

    /** In this time even a busy machine gets the loop compiled. */
    private static final long PATIENCE_NANOS = 3_000_000_000L;

    /** Rounds of the loop in one run: few, so that few are interpreted before it is compiled. */
    private static final int ROUNDS = 64;

    private SimdTrial() {}

    /** The outcome, found when it is first asked for. */
    static boolean passed() {
        return Outcome.PASSED;
    }

    private static final class Outcome {
        private static final boolean PASSED = run();
    }

    private static boolean run() {
        float[] x = new float[ROUNDS * TILE];
        long begin = System.nanoTime();
        long start;
        do {
            start = System.nanoTime();
            multiplyAdd(x);
            if (System.nanoTime() - start <= 2 * ROUNDS * LIMIT_NANOS) {
                return true;
            }
        } while (start - begin < PATIENCE_NANOS);
        return false;
    }

    /** Two multiply-adds a round. */
    private static void multiplyAdd(float[] x) {
        FloatVector a = load(x, 0);
        FloatVector b = a;
        for (int i = 0; i < ROUNDS; i++) {
            FloatVector value = load(x, i * TILE);
            a = value.fma(value, a);
            b = value.fma(broadcast(x[i]), b);
        }
        a.add(b).intoArray(x, 0);
    }
}
