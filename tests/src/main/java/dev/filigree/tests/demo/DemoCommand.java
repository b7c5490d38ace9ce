package dev.filigree.tests.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.DType;
import dev.filigree.pruner.cli.ConsoleProgress;
import dev.filigree.pruner.cli.MethodChainConverter;
import dev.filigree.pruner.cli.SparsityPlanConverter;
import dev.filigree.pruner.cli.StopSignal;
import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.files.WholeFiles;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.GlueTaskData;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.pipeline.PruneOutcome;
import dev.filigree.pruner.pipeline.PrunePipeline;
import dev.filigree.pruner.pipeline.PruneSettings;
import dev.filigree.pruner.pipeline.Schedule;
import dev.filigree.pruner.pipeline.SparsityPlan;
import dev.filigree.pruner.pipeline.StoredTypes;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import dev.filigree.server.Main;
import dev.filigree.tests.bench.Interleaved;
import dev.filigree.tests.bench.MachineFacts;
import dev.filigree.tests.bench.peer.FiligreePeer;
import dev.filigree.tests.bench.peer.OrtPeer;
import dev.filigree.tests.bench.peer.Peer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code filigree demo}: the main job from a pretrained encoder to a packed file, on the bundled sample task, in one table. */
@Command(
        name = "demo",
        description = "Fine-tunes a real encoder on the bundled sample task, prunes and packs it, and compares it with ONNX Runtime.",
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    private static final String BASE = "all-MiniLM-L6-v2";
    private static final GlueTask TASK = GlueTask.SST2;
    private static final Schedule SCHEDULE = new Schedule(4, 8, 32, 1e-4, Schedule.PRUNE_RATE);
    /** All of the sample's training texts. */
    private static final int CALIBRATION_TEXTS = 1024;

    private static final int MAX_TOKENS = 128;
    private static final int TIMED_TEXTS = 32;
    private static final int ROUNDS = 15;
    private static final long WARMUP_NANOS = 4_000_000_000L;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--pattern",
            defaultValue = "2:4@16",
            converter = SparsityPlanConverter.class,
            description = "default: ${DEFAULT-VALUE}")
    private SparsityPlan sparsity;

    @Option(
            names = "--method",
            defaultValue = "obs,admm,sr-ste",
            converter = MethodChainConverter.class,
            description = "chain of pruning methods (default: ${DEFAULT-VALUE})")
    private MethodChain method;

    @Option(names = "--seed", defaultValue = "1", description = "default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--json", paramLabel = "FILE", description = "also write the table as JSON")
    private Optional<Path> json;

    @Option(names = "--serve", description = "then serve the packed file on port 8080")
    private boolean serve;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path folder = Path.of(System.getProperty("filigree.home", ""), "target", "demo");
        Path packed = folder.resolve("model.filigree");
        Path dense = folder.resolve("dense.filigree");
        int threads = Runtime.getRuntime().availableProcessors();
        PruneSettings settings = new PruneSettings(BASE, new GlueTaskData(TASK, GlueData.sample()), sparsity, Optional.empty(), method,
                SCHEDULE,
                CALIBRATION_TEXTS, MAX_TOKENS, StoredTypes.of(DType.INT8), seed, threads, Optional.of(dense), packed);
        PruneOutcome outcome;
        List<Interleaved.Timing> timings;
        try (StopSignal _ = new StopSignal(); ConsoleProgress progress = new ConsoleProgress()) {
            outcome = new PrunePipeline(settings, progress).run();
            progress.line("measuring latency, one thread, one text at a time");
            timings = measure(packed, dense);
        }
        report(outcome, timings);
        if (json.isPresent()) {
            WholeFiles.write(json.get(), new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(document(outcome, timings)));
        }
        return serve ? Main.commandLine().execute("serve", "--model", TASK.id() + "=" + packed) : 0;
    }

    private List<Interleaved.Timing> measure(Path packed, Path dense) throws IOException {
        List<Peer> peers = new ArrayList<>();
        try {
            FiligreePeer ours = FiligreePeer.named("Filigree " + sparsity, packed, 1);
            peers.add(ours);
            peers.add(FiligreePeer.named("Filigree dense", dense, 1));
            peers.add(OrtPeer.fp32(ours.classifier().model(), 1));
            WordPieceTokenizer tokenizer = new WordPieceTokenizer(ours.classifier().model().tokenizer());
            List<TokenBatch> texts = GlueData.sample().read(TASK, GlueSplit.DEV).examples().subList(0, TIMED_TEXTS).stream()
                    .map(Example::first)
                    .map(text -> TokenBatch.of(List.of(tokenizer.encode(text))))
                    .toList();
            return Interleaved.time(peers, texts, ROUNDS, WARMUP_NANOS);
        } finally {
            peers.forEach(Peer::close);
        }
    }

    private void report(PruneOutcome outcome, List<Interleaved.Timing> timings) {
        PrintWriter out = spec.commandLine().getOut();
        out.println();
        out.printf("%s on the bundled sample (%s), pruned to %s and packed in int8%n%n", BASE, TASK.folder(), sparsity);
        out.printf(Locale.ROOT, "%-34s %14s %14s%n", "", "dense", "packed");
        out.printf(Locale.ROOT, "%-34s %12.2f %% %12.2f %%%n", "accuracy", 100 * outcome.dense().main(), 100 * outcome.packed().main());
        out.printf(Locale.ROOT, "%-34s %,14d %,14d  (%.1f %%)%n", "bytes", outcome.denseBytes(), outcome.packedBytes(),
                100.0 * outcome.packedBytes() / outcome.denseBytes());
        out.printf(Locale.ROOT, "%-34s %14s %14.1e%n%n", "largest gap of a logit to PyTorch", "", outcome.logitDifference());
        out.printf("%-34s %14s %14s%n", "one text, one thread", "median ms", "packed is");
        for (Interleaved.Timing timing : timings) {
            out.printf(Locale.ROOT, "%-34s %14.3f %13.2fx%n", timing.name(), timing.medianMillis(), timing.speedOfFirst());
        }
        out.printf("%nNext:  ./filigree classify target/demo/model.filigree \"I could not put it down.\"%n");
        out.printf("       ./filigree serve --model %s=target/demo/model.filigree%n", TASK.id());
        out.flush();
    }

    private Map<String, Object> document(PruneOutcome outcome, List<Interleaved.Timing> timings) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("base", BASE);
        document.put("task", TASK.id());
        document.put("sparsity", sparsity.toString());
        document.put("method", method.toString());
        document.put("seed", seed);
        document.put("machine", MachineFacts.here());
        document.put("accuracyDense", outcome.dense().main());
        document.put("accuracyPruned", outcome.pruned().main());
        document.put("accuracyPacked", outcome.packed().main());
        document.put("bytesDense", outcome.denseBytes());
        document.put("bytesPacked", outcome.packedBytes());
        document.put("logitDifference", outcome.logitDifference());
        document.put("latency", timings);
        document.put("seconds", outcome.seconds());
        return document;
    }
}
