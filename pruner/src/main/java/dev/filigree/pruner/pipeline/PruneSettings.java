package dev.filigree.pruner.pipeline;

import dev.filigree.format.Task;
import dev.filigree.pruner.budget.BudgetRequest;
import dev.filigree.pruner.data.LabelledData;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.method.MethodStep;
import dev.filigree.pruner.train.PlannedPhase;
import dev.filigree.pruner.train.TrainingPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Everything that shapes a pruning run.
 *
 * @param base name of a base model, path of a Hugging Face folder, or path of a dense {@code .filigree} file that is already fine-tuned
 * @param data the task to train for, with its examples
 * @param sparsity of each prunable linear; with a budget, what the plan that is made replaces
 * @param budget what the model may take, when the run is to choose the sparsities itself
 * @param method the chain of pruning methods
 * @param schedule how long and how fast it trains
 * @param calibrationTexts training texts that the second-order start looks at
 * @param maxTokens longest sequence, in tokens
 * @param types of the packed weights
 * @param seed of heads, batches and samples
 * @param threads threads of training and evaluation
 * @param saveDense where to keep the dense fine-tuned model, packed in fp32
 * @param out the packed file
 */
public record PruneSettings(
        String base,
        LabelledData data,
        SparsityPlan sparsity,
        Optional<BudgetRequest> budget,
        MethodChain method,
        Schedule schedule,
        int calibrationTexts,
        int maxTokens,
        StoredTypes types,
        long seed,
        int threads,
        Optional<Path> saveDense,
        Path out) {
    /** More than the cores of any machine; far more end in an error of the operating system or of PyTorch. */
    public static final int MOST_THREADS = 1024;

    /** Matrix products of a step, in forward passes. */
    private static final double FORWARD_AND_BACKWARD = 3;
    private static final double TEACHER_FORWARD = 1;

    /** The shortest sequence: a token between the two special ones. */
    private static final int SHORTEST = 3;

    /** Checks the ranges. */
    public PruneSettings {
        if (calibrationTexts < 1 || threads < 1 || maxTokens < SHORTEST) {
            throw new IllegalArgumentException(
                    "Calibration needs at least 1 text, training at least 1 thread, and sequences at least " + SHORTEST + " tokens.");
        }
        if (threads > MOST_THREADS) {
            throw new IllegalArgumentException("Training takes at most " + MOST_THREADS + " threads, not " + threads + ".");
        }
        if (saveDense.filter(dense -> same(dense, out)).isPresent()) {
            throw new IllegalArgumentException("The dense and the pruned model would both be written to " + out + ": name two files.");
        }
        if (saveDense.filter(dense -> same(Path.of(base), dense)).isPresent()) {
            throw new IllegalArgumentException("The dense model would take the place of its base, " + base + ": name another file.");
        }
        if (same(Path.of(base), out)) {
            throw new IllegalArgumentException("The pruned model would take the place of its base, " + out + ": name another file.");
        }
        types.requireFits(sparsity);
        schedule.options().requireFits(types);
        if (schedule.options().quantizeAware() > 0 && method.trainingSteps() == 0) {
            throw new IllegalArgumentException("No step of " + method + " trains, and so none sees weights as they will be stored: leave "
                    + "the quantisation-aware steps out, or let training follow.");
        }
    }

    /** What to train for. */
    public Task task() {
        return data.task();
    }

    /** Whether any linear is to be pruned. */
    boolean prunes() {
        return !sparsity.isDense() || budget.isPresent();
    }

    private static boolean same(Path one, Path other) {
        return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }

    /** The same with a plan that was made for the budget. */
    PruneSettings with(SparsityPlan plan) {
        return new PruneSettings(
                base, data, plan, budget, method, schedule, calibrationTexts, maxTokens, types, seed, threads, saveDense, out);
    }

    /** Optimiser steps of the dense fine-tuning on so many examples, 0 without. */
    int denseSteps(int examples) {
        return schedule.denseEpochs() == 0 ? 0 : TrainingPlan.stepsOf(schedule.denseEpochs(), examples, schedule.batchSize());
    }

    /** Optimiser steps of each method that trains, on so many examples: they share the epochs evenly. */
    int stepsOfEachMethod(int examples) {
        return TrainingPlan.stepsOf(schedule.pruneEpochs() / Math.max(1, method.trainingSteps()), examples, schedule.batchSize());
    }

    /** What will be trained on so many examples, in order. */
    List<PlannedPhase> phases(int examples) {
        List<PlannedPhase> phases = new ArrayList<>();
        if (denseSteps(examples) > 0) {
            phases.add(new PlannedPhase("fine-tune", denseSteps(examples), FORWARD_AND_BACKWARD));
        }
        if (prunes()) {
            for (MethodStep step : method.steps()) {
                if (!step.isStart()) {
                    phases.add(new PlannedPhase(step.word(), stepsOfEachMethod(examples), FORWARD_AND_BACKWARD + TEACHER_FORWARD));
                }
            }
        }
        return phases;
    }

    /** The settings by name, as provenance records them; those of pruning only where something is pruned. */
    public SequencedMap<String, String> asText() {
        SequencedMap<String, String> text = new LinkedHashMap<>();
        text.put("sparsity", sparsity.toString());
        budget.ifPresent(request -> text.put("budget", request.toString()));
        text.put("dense-epochs", Double.toString(schedule.denseEpochs()));
        text.put("batch-size", Integer.toString(schedule.batchSize()));
        text.put("dense-rate", Double.toString(schedule.denseRate()));
        if (prunes()) {
            text.put("prune-epochs", Double.toString(schedule.pruneEpochs()));
            text.put("prune-rate", Double.toString(schedule.pruneRate()));
            text.put("calibration-texts", Integer.toString(calibrationTexts));
        }
        boolean trains = method.trainingSteps() > 0 && prunes();
        text.putAll((trains ? schedule.options() : schedule.options().withoutAugment()).asText());
        text.putAll(data.asText());
        text.put("max-tokens", Integer.toString(maxTokens));
        text.put("dtype", types.weights().name().toLowerCase(Locale.ROOT));
        text.put("word-dtype", types.words().name().toLowerCase(Locale.ROOT));
        text.put("seed", Long.toString(seed));
        text.put("threads", Integer.toString(threads));
        return text;
    }
}
