package dev.filigree.tests.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.pruner.cli.WholeFiles;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.kernel.TokenBatch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
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
        description = "Measures a packed file against its peers on this machine: medians and ratios of interleaved runs.",
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
    private static final long WARMUP_NANOS = 1_500_000_000L;
    private static final long SEED = 17;
    private static final List<String> PEERS = List.of(OrtPeer.FP32, OrtPeer.INT8);

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "a packed .filigree file")
    private Path file;

    @Option(
            names = "--against",
            split = ",",
            defaultValue = OrtPeer.FP32,
            description = "peers: ort-fp32, ort-int8 (default: ${DEFAULT-VALUE})")
    private List<String> against;

    @Option(names = "--provider", split = ",", defaultValue = "auto", description = "our providers, the first is compared (default: auto)")
    private List<String> providers;

    @Option(names = "--batch", split = ",", defaultValue = "1,8", description = "texts in a call (default: ${DEFAULT-VALUE})")
    private List<Integer> batches;

    @Option(names = "--seq", split = ",", defaultValue = "16,32,128", description = "tokens in a text (default: ${DEFAULT-VALUE})")
    private List<Integer> lengths;

    @Option(names = "--threads", split = ",", defaultValue = "1", description = "threads of every engine (default: ${DEFAULT-VALUE})")
    private List<Integer> threads;

    @Option(names = "--rounds", defaultValue = "21", description = "samples of each engine (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--json", paramLabel = "FILE", description = "also write the table as JSON")
    private Path json;

    /**
     * One line of the table.
     *
     * @param batch texts in a call
     * @param seq tokens in a text
     * @param threads threads of every engine
     * @param timings each engine's figures, ours first
     */
    public record Case(int batch, int seq, int threads, List<Interleaved.Timing> timings) {}

    @Override
    public Integer call() throws IOException {
        check();
        List<Case> cases = new ArrayList<>();
        try (ModelFile opened = ModelFile.open(file)) {
            for (int count : threads) {
                List<Peer> peers = peers(opened.model(), count);
                try {
                    for (int batch : batches) {
                        for (int seq : lengths) {
                            TokenBatch input = randomBatch(opened.model(), batch, seq, SEED);
                            cases.add(new Case(batch, seq, count, Interleaved.time(peers, List.of(input), rounds, WARMUP_NANOS)));
                        }
                    }
                } finally {
                    peers.forEach(Peer::close);
                }
            }
        }
        print(cases, spec.commandLine().getOut());
        if (json != null) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("file", file.getFileName().toString());
            document.put("machine", MachineFacts.here());
            document.put("rounds", rounds);
            document.put("cases", cases);
            WholeFiles.write(json, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(document));
        }
        return 0;
    }

    private void check() {
        for (String peer : against) {
            if (!PEERS.contains(peer)) {
                throw new ParameterException(
                        spec.commandLine(), "There is no peer '" + peer + "': write one of " + String.join(", ", PEERS) + ".");
            }
        }
        for (String provider : providers) {
            if (!Providers.isName(provider)) {
                throw new ParameterException(spec.commandLine(),
                        "There is no provider '" + provider + "': write one of " + String.join(", ", Providers.names()) + ".");
            }
        }
        boolean tooSmall = Stream.of(batches, threads, List.of(rounds)).flatMap(List::stream).anyMatch(value -> value < 1);
        if (tooSmall || lengths.stream().anyMatch(length -> length < 2)) {
            throw new ParameterException(
                    spec.commandLine(), "Rounds, batch sizes and threads must be at least 1, sequence lengths at least 2.");
        }
    }

    private List<Peer> peers(Model model, int count) throws IOException {
        List<Peer> peers = new ArrayList<>();
        for (String provider : providers) {
            peers.add(FiligreePeer.open(file, provider, count));
        }
        for (String peer : against) {
            peers.add(peer.equals(OrtPeer.INT8) ? OrtPeer.int8(model, count) : OrtPeer.fp32(model, count));
        }
        return peers;
    }

    /** Sequences of random tokens, all of one length. */
    private static TokenBatch randomBatch(Model model, int batch, int seq, long seed) {
        if (seq > model.shape().maxPositions()) {
            throw new IllegalArgumentException(
                    "A sequence of " + seq + " tokens is longer than the model's " + model.shape().maxPositions() + ".");
        }
        Random random = new Random(seed);
        int[] ids = random.ints((long) batch * seq, 0, model.shape().vocabulary()).toArray();
        int[] offsets = new int[batch + 1];
        for (int i = 1; i <= batch; i++) {
            offsets[i] = i * seq;
        }
        return new TokenBatch(ids, new int[ids.length], offsets);
    }

    private static void print(List<Case> cases, PrintWriter out) {
        MachineFacts.here().forEach((name, value) -> out.println(name + ": " + value));
        out.printf("%5s %5s %7s  %-20s %10s %10s %10s%n", "batch", "seq", "threads", "engine", "median ms", "min ms", "ours is");
        for (Case one : cases) {
            for (Interleaved.Timing timing : one.timings()) {
                out.printf(Locale.ROOT, "%5d %5d %7d  %-20s ", one.batch(), one.seq(), one.threads(), timing.peer());
                out.printf(Locale.ROOT, "%10.3f %10.3f %9.2fx%n", timing.medianMillis(), timing.minMillis(), timing.speedOfFirst());
            }
        }
        out.flush();
    }
}
