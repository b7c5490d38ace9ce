package dev.filigree.tests.bench;

import dev.filigree.format.ModelFile;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.tests.bench.peer.PeerKind;
import dev.filigree.tests.bench.peer.Variant;
import dev.filigree.tests.bench.report.BenchReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree bench}: the encoder's latency beside its peers', measured in turns. */
@Command(
        name = "bench",
        description = "Measures packed files against their peers on this machine: medians and ratios of interleaved runs.",
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
    private static final long NANOS_PER_MILLI = 1_000_000;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "[NAME=]FILE",
            description = "packed .filigree files; peers run the weights of the first")
    private List<String> files;

    @Option(
            names = "--against",
            split = ",",
            defaultValue = "ort-fp32",
            description = "peers: ort-fp32, ort-fused, ort-int8, ort-fused-int8, ort-int8-published, djl-pytorch, or none"
                    + " (default: ${DEFAULT-VALUE})")
    private List<String> against;

    @Option(names = "--provider", split = ",", defaultValue = "auto", description = "our providers, the first is compared (default: auto)")
    private List<String> providers;

    @Option(
            names = "--as",
            split = ",",
            defaultValue = "packed",
            description = "how our engines store each file's weights: packed, dense (with the zeros), fp32, dense-fp32"
                    + " (default: ${DEFAULT-VALUE})")
    private List<String> variants;

    @Option(names = "--batch", split = ",", defaultValue = "1,8", description = "texts in a call (default: ${DEFAULT-VALUE})")
    private List<Integer> batches;

    @Option(names = "--seq", split = ",", defaultValue = "16,32,128", description = "tokens in a text (default: ${DEFAULT-VALUE})")
    private List<Integer> lengths;

    @Option(
            names = "--cases",
            split = ",",
            paramLabel = "TEXTSxTOKENS",
            converter = CaseShape.Converter.class,
            description = "in place of --batch and --seq: 1x16,8x128 and so on")
    private List<CaseShape> cases = List.of();

    @Option(names = "--threads", split = ",", defaultValue = "1", description = "threads of every engine (default: ${DEFAULT-VALUE})")
    private List<Integer> threads;

    @Option(names = "--rounds", defaultValue = "21", description = "samples of each engine (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--warmup",
            paramLabel = "MILLIS",
            defaultValue = "1500",
            description = "how long each engine runs before anything counts (default: ${DEFAULT-VALUE})")
    private int warmupMillis;

    @Option(names = "--cold", description = "also with caches emptied before each call")
    private boolean cold;

    @Option(names = "--text", description = "also from text to labels, with the tokenizer's share")
    private boolean text;

    @Option(names = "--kernels", description = "also the native provider's linear kernels alone, against this machine's peaks")
    private boolean kernels;

    @Option(names = "--stages", description = "also where the native provider's time goes, against this machine's peaks")
    private boolean stages;

    @Option(names = "--json", paramLabel = "FILE", description = "also write everything as JSON, which bench-report reads")
    private Path json;

    @Override
    public Integer call() throws IOException {
        BenchPlan plan = plan();
        List<Engines.Weights> weights = new ArrayList<>();
        try {
            for (String file : files) {
                WeightsFile named = WeightsFile.parse(file);
                weights.add(new Engines.Weights(named.name(), ModelFile.open(named.path())));
            }
            BenchReport report = new BenchRun(plan, weights).run();
            BenchPrinter.print(report, spec.commandLine().getOut());
            if (json != null) {
                report.write(json);
            }
            return 0;
        } finally {
            weights.forEach(opened -> opened.file().close());
        }
    }

    private BenchPlan plan() {
        for (String provider : providers) {
            if (!Providers.isName(provider)) {
                throw wrong("There is no provider '" + provider + "': write one of " + String.join(", ", Providers.names()) + ".");
            }
        }
        if (Stream.of(batches, threads, List.of(rounds)).flatMap(List::stream).anyMatch(value -> value < 1)
                || lengths.stream().anyMatch(length -> length < 2)) {
            throw wrong("Rounds, batch sizes and threads must be at least 1, sequence lengths at least 2.");
        }
        List<CaseShape> shapes = cases.isEmpty()
                ? batches.stream().flatMap(batch -> lengths.stream().map(length -> new CaseShape(batch, length))).toList()
                : cases;
        List<PeerKind> peers =
                against.equals(List.of("none")) ? List.of() : all(against, PeerKind::named, "peer", PeerKind.labels());
        return new BenchPlan(all(variants, Variant::named, "way to store weights", Variant.labels()), List.copyOf(providers), peers, shapes,
                List.copyOf(threads), rounds, warmupMillis * NANOS_PER_MILLI, cold, text, kernels, stages);
    }

    private <T> List<T> all(List<String> names, Function<String, Optional<T>> named, String what, String known) {
        return names.stream()
                .map(name -> named.apply(name)
                        .orElseThrow(() -> wrong("There is no " + what + " '" + name + "': write one of " + known + ".")))
                .toList();
    }

    private ParameterException wrong(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }
}
