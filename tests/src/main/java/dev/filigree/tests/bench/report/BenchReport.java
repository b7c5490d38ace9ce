package dev.filigree.tests.bench.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.pruner.files.WholeFiles;
import dev.filigree.tests.bench.Interleaved.Timing;
import dev.filigree.tests.bench.peer.Agreement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One run's figures; its JSON form has the names of these components.
 *
 * @param machine what it ran on, see {@code MachineFacts}
 * @param rounds samples of each engine
 * @param flushBytes what is written between calls with cold caches, 0 where all were hot
 * @param engines what was measured, the one that all are compared with first
 * @param leftOut what was asked for and could not be measured
 * @param cases encoder alone: token ids in, logits out
 * @param texts from text to labels
 * @param peaks what one core can do at most, empty where it was not measured
 * @param kernels linear kernels alone, empty where they were not asked for
 * @param stages where the time goes, empty where it was not asked for
 */
public record BenchReport(
        Map<String, String> machine,
        int rounds,
        long flushBytes,
        List<EngineFacts> engines,
        List<LeftOut> leftOut,
        List<Case> cases,
        List<TextCase> texts,
        List<Peak> peaks,
        List<KernelLine> kernels,
        List<StageTable> stages) {
    /** Copies the lists. */
    public BenchReport {
        machine = Collections.unmodifiableMap(new LinkedHashMap<>(machine));
        engines = List.copyOf(engines);
        leftOut = List.copyOf(leftOut);
        cases = List.copyOf(cases);
        texts = List.copyOf(texts);
        peaks = List.copyOf(peaks);
        kernels = List.copyOf(kernels);
        stages = List.copyOf(stages);
    }

    /**
     * An engine.
     *
     * @param name in the timings
     * @param ours whether it is Filigree
     * @param description what it runs
     * @param agreement how far its answers were from those expected; null for the first of each file, which others are compared with
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record EngineFacts(String name, boolean ours, String description, Agreement agreement) {}

    /**
     * An engine that was not measured.
     *
     * @param name as it was asked for
     * @param reason in one sentence
     */
    public record LeftOut(String name, String reason) {}

    /**
     * One line of the table.
     *
     * @param batch texts in a call
     * @param seq tokens in a text
     * @param threads threads of every engine
     * @param caches {@code hot} or {@code cold}
     * @param timings of the engines
     */
    public record Case(int batch, int seq, int threads, String caches, List<Timing> timings) {}

    /**
     * From text to labels.
     *
     * @param engine whose classifier it is
     * @param input what is classified
     * @param tokens of all its texts
     * @param threads of the engine
     * @param timings of the whole, of the encoder alone, and of the tokenizer alone, in this order
     */
    public record TextCase(String engine, String input, int tokens, int threads, List<Timing> timings) {}

    /**
     * What one core can do at most.
     *
     * @param name of the measure: an instruction and a vector's width, or a level of memory
     * @param unit {@code Gop/s}, an addition or a multiplication being one each, or {@code GB/s}
     * @param value the best of a few attempts
     */
    public record Peak(String name, String unit, double value) {}

    /**
     * A native kernel of one linear, alone and hot, one thread.
     *
     * @param level which native kernels
     * @param stored how its weights are stored, {@code INT8 2:4@16}
     * @param inputs columns of the weight
     * @param outputs rows of the weight
     * @param tokens of a call
     * @param micros median time of a call, in microseconds
     * @param gops Gop/s on the weights that are kept
     * @param ofPeak those as a share of the peak of the instruction that it is made of, 0 where that is not known
     * @param overDense how many times as fast as the dense kernel for the same type: the median of the rounds' ratios
     */
    public record KernelLine(
            String level,
            String stored,
            int inputs,
            int outputs,
            int tokens,
            double micros,
            double gops,
            double ofPeak,
            double overDense) {}

    /**
     * Where the time of a call goes, one thread.
     *
     * @param engine that was measured
     * @param batch texts in a call
     * @param seq tokens in a text
     * @param millis median of the whole call
     * @param stages its parts
     */
    public record StageTable(String engine, int batch, int seq, double millis, List<StageLine> stages) {}

    /**
     * A part of the forward pass, all layers together.
     *
     * @param stage its name
     * @param millis median time in one call
     * @param giga operations of the products it computes, in 1e9; those with pruned weights are not counted
     * @param megabytes weights that it reads, in 1e6
     * @param roofMillis the least time that this core's peaks allow for that, with the instructions that the engine is made of; 0 where
     *     neither is counted
     */
    public record StageLine(String stage, double millis, double giga, double megabytes, double roofMillis) {}

    /** Writes it as JSON, whole or not at all. */
    public void write(Path file) throws IOException {
        WholeFiles.write(file, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws IOException when it is no such file, with a sentence for the user
     */
    public static BenchReport read(Path file) throws IOException {
        try {
            return new ObjectMapper().readValue(file.toFile(), BenchReport.class);
        } catch (JacksonException e) {
            throw new IOException(file + " is no report of filigree bench: " + e.getOriginalMessage(), e);
        }
    }
}
