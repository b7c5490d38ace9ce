package dev.filigree.pruner.report;

import dev.filigree.pruner.train.Curve;
import java.util.List;
import java.util.SequencedMap;

/**
 * What a run came to; the JSON beside the packed file is this record. Scores, shares and differences are fractions of one.
 *
 * @param file name of the packed file
 * @param base what the run started from
 * @param task id of the task
 * @param pattern {@code N:M@V} with rules for single linears if there are any, or {@code dense}
 * @param method chain of pruning methods
 * @param seed of everything random
 * @param settings every setting, by name
 * @param data the files of examples
 * @param metrics scores with 95 % confidence intervals, of every evaluation file
 * @param agreement share of evaluation examples to which the packed file answers as the dense model does; for a regression their
 *     correlation
 * @param logitGap largest difference between a logit of the runtime and of the trainer, both with the packed weights
 * @param keptEnergy share of the dense weights' squares that the patterns keep, the mean over the pruned linears
 * @param linears the prunable linears, layer by layer
 * @param curves the phases that trained
 * @param sizes bytes
 * @param latency of the packed file beside a dense one in this runtime
 * @param seconds wall time of each phase, in order
 * @param threads threads of training and evaluation
 * @param versions of what computed it, by name
 * @param machine what it ran on, by name
 * @param date when the report was made, ISO 8601 in UTC
 */
public record RunReport(
        String file,
        String base,
        String task,
        String pattern,
        String method,
        long seed,
        SequencedMap<String, String> settings,
        List<DataFile> data,
        List<Metric> metrics,
        double agreement,
        double logitGap,
        double keptEnergy,
        List<PrunedLinear> linears,
        List<Curve> curves,
        Sizes sizes,
        Latency latency,
        SequencedMap<String, Double> seconds,
        int threads,
        SequencedMap<String, String> versions,
        SequencedMap<String, String> machine,
        String date) {

    /**
     * A file of examples.
     *
     * @param name in GLUE's layout
     * @param rows read from it
     * @param official rows of GLUE's own file
     * @param subset whether it is but a part of that
     * @param sha256 of the file's bytes, in hex
     */
    public record DataFile(String name, int rows, int official, boolean subset, String sha256) {}

    /**
     * A metric on an evaluation file.
     *
     * @param name for example {@code accuracy}
     * @param split for example {@code dev}
     * @param examples in the file
     * @param interval how the scores' intervals are made: {@code Wilson} or {@code bootstrap}; those of differences are by paired bootstrap
     * @param dense the dense model in fp32, by the trainer
     * @param pruned the pruned model in fp32, by the trainer
     * @param packed the packed file, by the runtime
     * @param prunedMinusDense paired difference
     * @param packedMinusDense paired difference
     */
    public record Metric(
            String name,
            String split,
            int examples,
            String interval,
            Interval dense,
            Interval pruned,
            Interval packed,
            Interval prunedMinusDense,
            Interval packedMinusDense) {}

    /**
     * A prunable linear.
     *
     * @param layer from 0
     * @param role as {@code inspect} names it
     * @param rows outputs
     * @param columns inputs
     * @param sparsity {@code N:M@V} or {@code dense}
     * @param keptEnergy share of the dense weights' squares that its patterns keep; 1 when dense
     * @param lostEnergy the rest
     * @param bytes it takes in the file
     * @param patterns how often each is used, at most 64 of them; empty when dense
     * @param patternsUsed how many different ones it uses
     */
    public record PrunedLinear(
            int layer,
            String role,
            int rows,
            int columns,
            String sparsity,
            double keptEnergy,
            double lostEnergy,
            long bytes,
            List<PatternUse> patterns,
            long patternsUsed) {}

    /**
     * Bytes.
     *
     * @param denseFp32 the weights unpruned, in fp32
     * @param packed the file
     * @param parts what the file's bytes hold; they add up to {@code packed}
     */
    public record Sizes(long denseFp32, long packed, SequencedMap<String, Long> parts) {}

    /**
     * Latency of a lone call, text to labels.
     *
     * @param provider which kernels
     * @param threads of a call
     * @param rounds how often each text was timed, packed and dense in turns
     * @param cases groups of texts; none if it was not measured
     */
    public record Latency(String provider, int threads, int rounds, List<LatencyCase> cases) {}

    /**
     * Texts of one kind.
     *
     * @param name for example {@code one text}
     * @param texts in a call
     * @param packedMillis median of the packed file
     * @param denseMillis median of the same model dense, stored in the same types
     * @param ratio dense over packed
     */
    public record LatencyCase(String name, int texts, double packedMillis, double denseMillis, double ratio) {}
}
