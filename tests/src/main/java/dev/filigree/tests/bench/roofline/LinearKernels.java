package dev.filigree.tests.bench.roofline;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.nativecode.SingleKernel;
import dev.filigree.runtime.kernel.nativecode.StageTimer;
import dev.filigree.tests.bench.Interleaved;
import dev.filigree.tests.bench.Interleaved.Timing;
import dev.filigree.tests.bench.Interleaved.Work;
import dev.filigree.tests.bench.RandomModel;
import dev.filigree.tests.bench.report.BenchReport.KernelLine;
import dev.filigree.tests.bench.report.BenchReport.Peak;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The native kernels of a linear of all-MiniLM-L6-v2's FFN, alone, at each sparsity, in turns. */
public final class LinearKernels {
    private static final EncoderShape SHAPE = new EncoderShape(384, 1, 12, 1536, 100, 16, 2, 1e-12f);
    private static final List<String> SPARSITIES = List.of("dense", "2:4@16", "2:4@8", "2:4@4", "2:4@1");
    private static final List<Integer> TOKENS = List.of(16, 128);
    private static final long SEED = 11;

    private LinearKernels() {}

    /**
     * Measures them, each type and number of tokens in turns of its own.
     *
     * @param level one of {@link StageTimer#levels}
     * @param rounds samples of each
     * @param warmupNanos how long each runs before anything counts
     * @param peaks the machine's, empty where they are not known
     */
    public static List<KernelLine> measure(String level, int rounds, long warmupNanos, List<Peak> peaks) {
        List<KernelLine> lines = new ArrayList<>();
        for (DType dtype : List.of(DType.INT8, DType.FP32)) {
            Map<String, Linear> linears = new HashMap<>();
            for (String sparsity : SPARSITIES) {
                Model model = RandomModel.make(SHAPE, Pooling.MEAN, Sparsity.parse(sparsity), dtype, SEED);
                linears.put(sparsity, model.layers().getFirst().ffnIn());
            }
            for (int tokens : TOKENS) {
                lines.addAll(measure(level, linears, dtype, tokens, rounds, warmupNanos, peaks));
            }
        }
        return lines;
    }

    private static List<KernelLine> measure(
            String level, Map<String, Linear> linears, DType dtype, int tokens, int rounds, long warmupNanos, List<Peak> peaks) {
        List<SingleKernel> kernels = new ArrayList<>();
        try {
            List<Work> works = new ArrayList<>();
            for (String sparsity : SPARSITIES) {
                SingleKernel kernel = SingleKernel.linear(level, linears.get(sparsity), tokens);
                kernels.add(kernel);
                works.add(new Work(sparsity, kernel::run));
            }
            double peak = Peaks.rate(peaks, dtype == DType.INT8 ? Loop.integer(level) : Loop.fp32(level)).orElse(Double.POSITIVE_INFINITY);
            List<KernelLine> lines = new ArrayList<>();
            for (Timing timing : Interleaved.hot(works, rounds, warmupNanos)) {
                Linear linear = linears.get(timing.name());
                double gops = StageWork.of(List.of(linear), tokens).operations() / timing.medianMillis() / 1e6;
                lines.add(new KernelLine(level, dtype + " " + timing.name(), linear.weight().columns(), linear.weight().rows(), tokens,
                        timing.medianMillis() * 1e3, gops, gops / peak, 1 / timing.speedOfFirst()));
            }
            return lines;
        } finally {
            kernels.forEach(SingleKernel::close);
        }
    }
}
