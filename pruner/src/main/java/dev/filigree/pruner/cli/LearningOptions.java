package dev.filigree.pruner.cli;

import dev.filigree.pruner.pipeline.TrainingOptions;
import dev.filigree.pruner.train.DistillationWeights;
import dev.filigree.pruner.train.EarlyStopping;
import dev.filigree.pruner.train.Precision;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of how pruned weights learn, for the commands that train. */
final class LearningOptions {
    @Option(
            names = "--distill",
            defaultValue = "logits,hidden",
            paramLabel = "TERMS",
            converter = DistillationWeightsConverter.class,
            description = "what is imitated while pruning: logits, hidden, relations and labels, each with =WEIGHT or 1")
    private DistillationWeights distillation;

    @Option(
            names = "--augment",
            paramLabel = "SHARE",
            description = "share of the words, 0 to 1, that each step of pruning replaces by others of like meaning, so that the model "
                    + "learns from more texts than there are examples (default: 0.3, or 0 where labels are imitated); with 0, what the "
                    + "dense model says of small data is computed once")
    private Optional<Double> augment;

    @Option(
            names = "--quantize-aware",
            defaultValue = "0",
            paramLabel = "SHARE",
            description = "share of the last method's steps, 0 to 1, that see weights as they will be stored")
    private double quantizeAware;

    @Option(
            names = "--patience",
            paramLabel = "N",
            description = "end a phase of training after N of its 20 judgements without improvement and keep its best weights; judged on "
                    + "5 %% of the training examples, which are held out (default: train to the end)")
    private Optional<Integer> patience;

    @Option(
            names = "--precision",
            defaultValue = "FP32",
            description = "what the linears multiply in a step of training: ${COMPLETION-CANDIDATES}; BF16 is faster on a processor with "
                    + "AVX512_BF16 or AMX, and slower on others")
    private Precision precision;

    /**
     * What was asked for.
     *
     * @throws IllegalArgumentException with a sentence for the user when a value is out of range
     */
    TrainingOptions options() {
        double replaced = augment.orElse(distillation.labels() > 0 ? 0 : TrainingOptions.DEFAULT.augment());
        return new TrainingOptions(distillation, replaced, quantizeAware,
                patience.map(judgements -> new EarlyStopping(judgements, EarlyStopping.DEFAULT_SHARE)), precision);
    }
}
