package dev.filigree.pruner.pipeline;

import dev.filigree.format.Model;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.kernel.Providers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Times plans in this machine's runtime, one thread, one text at a time. The models are timed in turns, so that whatever else the machine
 * does falls on all of them alike: only differences and ratios mean anything.
 */
final class PlanTimer implements BudgetPlanner.Timer {
    private static final int ROUNDS = 15;
    private static final int WARM_UP_ROUNDS = 5;

    private final Function<SparsityPlan, Model> packed;
    private final List<TextInput> texts;

    /**
     * Will time these texts.
     *
     * @param packed makes a model of a plan; its answers do not matter
     */
    PlanTimer(Function<SparsityPlan, Model> packed, List<TextInput> texts) {
        this.packed = packed;
        this.texts = texts;
    }

    /** Nanoseconds that all texts take together. */
    @Override
    public double[][] nanos(List<SparsityPlan> plans) throws InterruptedException {
        List<Classifier> classifiers = new ArrayList<>();
        try {
            for (SparsityPlan plan : plans) {
                requireNoInterrupt();
                classifiers.add(Classifier.builder().provider(Providers.CPU).verify(false).open(packed.apply(plan)));
            }
            double[][] nanos = new double[plans.size()][ROUNDS];
            for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
                for (int turn = 0; turn < classifiers.size(); turn++) {
                    requireNoInterrupt();
                    int next = Math.floorMod(turn + round, classifiers.size());
                    long start = System.nanoTime();
                    texts.forEach(text -> classifiers.get(next).classify(List.of(text)));
                    if (round >= 0) {
                        nanos[next][round] = System.nanoTime() - start;
                    }
                }
            }
            return nanos;
        } finally {
            classifiers.forEach(Classifier::close);
        }
    }

    private static void requireNoInterrupt() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("The timing of plans was stopped.");
        }
    }
}
