package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.method.MethodStep;
import dev.filigree.pruner.secondorder.PatternRule;

/** One step of a chain of pruning methods. */
interface PruningMethod {
    /**
     * Leaves every linear of {@link PruningRun#layers} with a mask in force that obeys its sparsity.
     *
     * @throws InterruptedException when the thread was interrupted: the student is of no use then
     */
    void apply(PruningRun run) throws InterruptedException;

    /** The method behind a step. */
    static PruningMethod of(MethodStep step) {
        return switch (step) {
            case MAGNITUDE -> run -> run.layers().forEach(PatternLayer::enforceProjection);
            case WANDA -> LayerwiseStart.wanda(step);
            case SECOND_ORDER -> LayerwiseStart.refitting(step, PatternRule.SEARCH);
            case ALPS -> LayerwiseStart.refitting(step, PatternRule.ADMM);
            case GRADUAL -> run -> run.train(step, new GradualHook(run.layers(), run.stepsOfEach()));
            case ADMM -> run -> run.train(step, new AdmmHook(run.layers(), run.stepsOfEach()));
            case SR_STE -> run -> run.train(step, new SrSteHook(run.layers(), run.stepsOfEach()));
            case FIXED_MASK -> run -> run.train(step, new FixedMaskHook(run.layers()));
        };
    }
}
