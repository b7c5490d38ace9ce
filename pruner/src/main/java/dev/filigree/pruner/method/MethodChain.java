package dev.filigree.pruner.method;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The steps of a pruning run, in order: one of {@code magnitude}, {@code wanda}, {@code obs}, {@code alps} and {@code gradual}, then
 * {@code admm}, {@code sr-ste} and {@code fixed-mask}, each at most once and any of them left out, as long as something chooses the
 * patterns before {@code fixed-mask} holds them.
 *
 * @param steps at least one
 */
public record MethodChain(List<MethodStep> steps) {
    /** The chain that is taken when none is named. */
    public static final String DEFAULT = "obs,admm,sr-ste";

    /** Checks the order. */
    public MethodChain {
        steps = List.copyOf(steps);
        if (steps.isEmpty()) {
            throw new IllegalArgumentException("The method names no step: write one or more of " + words() + ".");
        }
        for (int i = 1; i < steps.size(); i++) {
            MethodStep before = steps.get(i - 1);
            MethodStep step = steps.get(i);
            if (before == step) {
                throw new IllegalArgumentException("The method names " + step.word() + " twice: once is enough.");
            }
            if (before.isStart() && step.isStart()) {
                throw new IllegalArgumentException("Both " + before.word() + " and " + step.word()
                        + " choose the patterns at the start: name one of them.");
            }
            if (before.isStart() && step == MethodStep.GRADUAL) {
                throw new IllegalArgumentException(
                        "gradual goes from a dense layer to its patterns by itself: leave " + before.word() + " out.");
            }
            if (before.compareTo(step) > 0) {
                throw new IllegalArgumentException(
                        "The method has " + step.word() + " after " + before.word() + ": the order is " + words() + ".");
            }
        }
        if (steps.getFirst() == MethodStep.FIXED_MASK) {
            throw new IllegalArgumentException(
                    "fixed-mask has no patterns to hold: put magnitude, wanda, obs, alps, gradual, admm or sr-ste before it.");
        }
    }

    /**
     * Reads a comma-separated list such as {@code obs,admm,sr-ste}.
     *
     * @throws IllegalArgumentException with a sentence for the user
     */
    public static MethodChain parse(String text) {
        List<MethodStep> steps = new ArrayList<>();
        if (!text.isBlank()) {
            for (String word : text.split(",", -1)) {
                steps.add(step(word.strip().toLowerCase(Locale.ROOT)));
            }
        }
        return new MethodChain(steps);
    }

    /** How many of the steps train. */
    public long trainingSteps() {
        return steps.stream().filter(step -> !step.isStart()).count();
    }

    @Override
    public String toString() {
        return steps.stream().map(MethodStep::word).collect(Collectors.joining(","));
    }

    private static MethodStep step(String word) {
        return Arrays.stream(MethodStep.values())
                .filter(step -> step.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + word + "' is no pruning method: the methods are " + words() + "."));
    }

    private static String words() {
        return Arrays.stream(MethodStep.values()).map(MethodStep::word).collect(Collectors.joining(", "));
    }
}
