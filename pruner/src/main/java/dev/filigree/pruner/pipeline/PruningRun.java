package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.checkpoint.PhaseCheckpoint;
import dev.filigree.pruner.method.MethodStep;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.Objective;
import dev.filigree.pruner.train.Teacher;
import dev.filigree.pruner.train.Trainer;
import dev.filigree.pruner.train.TrainingListener;
import dev.filigree.pruner.train.TrainingPlan;
import dev.filigree.pruner.train.WordReplacement;
import java.util.List;
import java.util.Optional;

/**
 * What the pruning methods of a run work on, one after the other.
 *
 * @param settings of the run
 * @param dense the dense fine-tuned model, which nothing changes
 * @param student what is pruned, at first a copy of the dense model
 * @param layers its linears that get a pattern; the others stay dense
 * @param data the task's examples
 * @param teacher the dense model as teacher
 * @param replacement of words in training texts, where that is asked for
 * @param listener told of the progress
 * @param checkpoint where the method that is running keeps its progress
 */
record PruningRun(
        PruneSettings settings,
        BertClassifier dense,
        BertClassifier student,
        List<PatternLayer> layers,
        TaskData data,
        Teacher teacher,
        Optional<WordReplacement> replacement,
        TrainingListener listener,
        PhaseCheckpoint checkpoint) {
    /** The same with another checkpoint: that of the next method. */
    PruningRun keeping(PhaseCheckpoint next) {
        return new PruningRun(settings, dense, student, layers, data, teacher, replacement, listener, next);
    }

    /** Optimiser steps of each method that trains: they share the epochs evenly. */
    int stepsOfEach() {
        return settings.stepsOfEachMethod(data.train().size());
    }

    /** Trains the student under a hook, imitating the teacher, and lets the hook finish. */
    void train(MethodStep step, PatternHook hook) throws InterruptedException {
        Schedule schedule = settings.schedule();
        long seed = settings.seed() + step.ordinal() + 1;
        TrainingPlan plan = TrainingPlan.of(step.word(), stepsOfEach(), schedule.batchSize(), schedule.pruneRate(), seed)
                .withStopping(schedule.options().stopping())
                .withReplacement(replacement);
        Objective objective = Objective.imitate(teacher, schedule.options().distillation());
        PatternHook last = schedule.options().quantizeAware() > 0 && step == settings.method().steps().getLast()
                ? new QuantizeAwareHook(hook, student, settings.types(), roundedFrom(plan.steps()))
                : hook;
        new Trainer(student, listener).train(data.train(), plan, objective, last, checkpoint);
        last.finish();
    }

    private int roundedFrom(int steps) {
        return steps - (int) Math.ceil(settings.schedule().options().quantizeAware() * steps);
    }
}
