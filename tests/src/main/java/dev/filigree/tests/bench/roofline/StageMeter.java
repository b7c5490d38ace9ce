package dev.filigree.tests.bench.roofline;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.nativecode.StageTimer;
import dev.filigree.tests.bench.Interleaved;
import dev.filigree.tests.bench.MachineFacts;
import dev.filigree.tests.bench.report.BenchReport.Peak;
import dev.filigree.tests.bench.report.BenchReport.StageLine;
import dev.filigree.tests.bench.report.BenchReport.StageTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Where the native provider's time goes, one thread, and how near each stage comes to what the machine can do. Not thread-safe. */
public final class StageMeter implements AutoCloseable {
    /** A sample is the mean of calls that together last about this long. */
    private static final long SAMPLE_NANOS = 5_000_000;
    private static final String REST = "rest";

    private final String name;
    private final Model model;
    private final String level;
    private final StageTimer timer;

    private StageMeter(String name, Model model, String level) {
        this.name = name;
        this.model = model;
        this.level = level;
        timer = StageTimer.open(model, level);
    }

    /** Lays a model out, under the name it has in tables, for one of {@link StageTimer#levels}. */
    public static StageMeter open(String name, Model model, String level) {
        return new StageMeter(name, model, level);
    }

    /**
     * Measures a call.
     *
     * @param batch what is computed
     * @param rounds samples, of which the medians are taken
     * @param warmupNanos how long it runs before anything counts
     * @param peaks the machine's, empty where they are not known
     */
    public StageTable measure(TokenBatch batch, int rounds, long warmupNanos, List<Peak> peaks) {
        long single = warmUp(batch, warmupNanos);
        int calls = Math.clamp(SAMPLE_NANOS / Math.max(1, single), 1, 1000);
        double[] whole = new double[rounds];
        List<String> stages = List.copyOf(timer.run(batch).keySet());
        double[][] millis = new double[stages.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int call = 0; call < calls; call++) {
                long start = System.nanoTime();
                Map<String, Long> nanos = timer.run(batch);
                whole[round] += (System.nanoTime() - start) / 1e6 / calls;
                for (int s = 0; s < stages.size(); s++) {
                    millis[s][round] += nanos.get(stages.get(s)) / 1e6 / calls;
                }
            }
        }
        double total = Interleaved.median(whole);
        List<StageLine> lines = new ArrayList<>();
        double rest = total;
        for (int s = 0; s < stages.size(); s++) {
            double median = Interleaved.median(millis[s]);
            rest -= median;
            lines.add(line(stages.get(s), median, batch, peaks));
        }
        lines.add(new StageLine(REST, Math.max(0, rest), 0, 0, 0));
        return new StageTable(name + "/native " + level, batch.sequences(), batch.length(0), total, lines);
    }

    private long warmUp(TokenBatch batch, long nanos) {
        long end = System.nanoTime() + nanos;
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < 3 || System.nanoTime() < end; i++) {
            long start = System.nanoTime();
            timer.run(batch);
            shortest = Math.min(shortest, System.nanoTime() - start);
        }
        return shortest;
    }

    private StageLine line(String stage, double millis, TokenBatch batch, List<Peak> peaks) {
        StageWork work = work(stage, batch);
        double roof = work.roofMillis(
                Peaks.rate(peaks, Loop.fp32(level)).orElse(Double.POSITIVE_INFINITY),
                Peaks.rate(peaks, Loop.integer(level)).orElse(Double.POSITIVE_INFINITY),
                // All the weights go by in a call, so that a stage finds its own where all of them fit.
                Peaks.bandwidth(peaks, MachineFacts.cacheBytes(), allWeights()).orElse(Double.POSITIVE_INFINITY));
        return new StageLine(
                stage.toLowerCase(Locale.ROOT).replace('_', ' '), millis, work.operations() / 1e9, work.weightBytes() / 1e6, roof);
    }

    private long allWeights() {
        return StageWork.of(StageWork.linears(model, EncoderLayer::linears), 1).weightBytes();
    }

    private StageWork work(String stage, TokenBatch batch) {
        return switch (stage) {
            case "QKV" -> StageWork.ofLinears(model, batch, layer -> List.of(layer.query()))
                    .plus(StageWork.of(StageWork.linears(model, layer -> List.of(layer.key(), layer.value())), batch.tokens()));
            case "ATTENTION" -> StageWork.ofAttention(model, batch);
            case "ATTENTION_OUTPUT" -> StageWork.ofLinears(model, batch, layer -> List.of(layer.attentionOutput()));
            case "FFN_IN" -> StageWork.ofLinears(model, batch, layer -> List.of(layer.ffnIn()));
            case "FFN_OUT" -> StageWork.ofLinears(model, batch, layer -> List.of(layer.ffnOut()));
            default -> StageWork.of(List.of(), batch.tokens());
        };
    }

    @Override
    public void close() {
        timer.close();
    }
}
