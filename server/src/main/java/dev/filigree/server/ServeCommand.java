package dev.filigree.server;

import dev.filigree.runtime.kernel.Providers;
import dev.filigree.server.config.Limits;
import dev.filigree.server.model.ModelRegistry;
import dev.filigree.server.model.ModelSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code filigree serve}. */
@Command(
        name = "serve",
        description = "Serves packed files over HTTP: POST /v1/classify, GET /health/live, GET /health/ready. SIGTERM and Ctrl-C drain.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        sortOptions = false)
final class ServeCommand implements Callable<Integer> {
    private static final int HIGHEST_PORT = 65_535;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "NAME=FILE", converter = ModelOption.Converter.class,
            description = "a packed file and its name; may be repeated")
    private List<ModelOption> models = List.of();

    @Option(names = "--models", paramLabel = "DIR", description = "serve every *.filigree in this folder, named as the file is")
    private Optional<Path> folder = Optional.empty();

    @Option(names = "--watch", paramLabel = "SECONDS",
            description = "how often to look whether model files are new, changed or gone; 0 for never")
    private long watch = ModelSettings.DEFAULT_WATCH.toSeconds();

    @Option(names = "--warm-up", paramLabel = "N", description = "how often a model is asked something before it serves")
    private int warmUpCalls = ModelSettings.DEFAULT_WARM_UP_CALLS;

    @Option(names = "--host", description = "address to listen on")
    private String host = "127.0.0.1";

    @Option(names = "--port", description = "port, 0 for a free one")
    private int port = 8080;

    @Option(names = "--grpc-port", paramLabel = "PORT", description = "port of the gRPC service, 0 for a free one (default: no gRPC)",
            showDefaultValue = CommandLine.Help.Visibility.NEVER)
    private Optional<Integer> grpcPort = Optional.empty();

    @Option(names = "--workers", paramLabel = "N", description = "batches computed at the same time (default: the number of cores)",
            showDefaultValue = CommandLine.Help.Visibility.NEVER)
    private int workers = Runtime.getRuntime().availableProcessors();

    @Option(names = "--threads", paramLabel = "N", description = "threads that compute one batch")
    private int threads = 1;

    @Option(names = "--provider", paramLabel = "NAME", description = "kernels: auto, cpu, cuda, native, vector or reference")
    private String provider = "auto";

    @Option(names = "--max-body", paramLabel = "BYTES", description = "longest request body; beyond it 413")
    private int bodyBytes = Limits.DEFAULT.bodyBytes();

    @Option(names = "--max-texts", paramLabel = "N", description = "most inputs in one request; beyond it 400")
    private int textsPerRequest = Limits.DEFAULT.textsPerRequest();

    @Option(names = "--queue", paramLabel = "N", description = "most requests that wait to be computed; beyond it 429")
    private int queuedRequests = Limits.DEFAULT.queuedRequests();

    @Option(names = "--batch-tokens", paramLabel = "N", description = "most tokens computed together")
    private int tokensPerBatch = Limits.DEFAULT.tokensPerBatch();

    @Option(names = "--max-chars", paramLabel = "N", description = "longest text in characters; beyond it 400")
    private int charactersPerText = Limits.DEFAULT.charactersPerText();

    @Option(names = "--max-headers", paramLabel = "BYTES", description = "longest headers of a request; beyond it 431")
    private int headerBytes = Limits.DEFAULT.headerBytes();

    @Option(names = "--max-connections", paramLabel = "N", description = "most connections at a time; further ones are closed at once")
    private int connections = Limits.DEFAULT.connections();

    @Option(names = "--idle", paramLabel = "SECONDS",
            description = "how long a connection may wait for a request's head or take to receive an answer before it is closed")
    private long idle = Limits.DEFAULT.idle().toSeconds();

    @Option(names = "--slow", paramLabel = "SECONDS", description = "how long a body may take to arrive; beyond it 408")
    private long slow = Limits.DEFAULT.slow().toSeconds();

    @Option(names = "--drain", paramLabel = "SECONDS", description = "how long a stopping server waits for requests in flight")
    private long drain = Limits.DEFAULT.drain().toSeconds();

    @Override
    public Integer call() throws IOException, InterruptedException {
        requirePort(port);
        grpcPort.ifPresent(this::requirePort);
        require(Providers.isName(provider),
                "There is no provider '" + provider + "': write one of " + String.join(", ", Providers.names()) + ".");
        require(workers > 0 && threads > 0, "--workers and --threads must be at least 1.");
        require(!models.isEmpty() || folder.isPresent(), "Say what to serve, by --model NAME=FILE or --models DIR.");
        require(watch >= 0 && warmUpCalls >= 0, "--watch and --warm-up must not be negative.");
        Limits limits = limits();
        ModelRegistry served = ModelRegistry.open(
                new ModelSettings(files(), folder, Duration.ofSeconds(watch), provider, threads, warmUpCalls));
        ClassificationServer server;
        try {
            ServerSettings settings = ServerSettings.of(new InetSocketAddress(host, port), workers, limits);
            server = new ClassificationServer(
                    served, grpcPort.map(number -> settings.withGrpc(new InetSocketAddress(host, number))).orElse(settings));
        } catch (IOException e) {
            served.close();
            throw e;
        }
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("filigree-shutdown").unstarted(() -> {
            server.close();
            // A stop that was asked for is a success; left to itself the JVM would exit with 128 plus the signal's number.
            Runtime.getRuntime().halt(ExitCode.OK);
        }));
        spec.commandLine().getOut().printf(
                "Serving %s on http://%s:%d%s (stop with Ctrl-C)%n",
                String.join(", ", served.names()), server.address().getHostString(), server.address().getPort(),
                server.grpcAddress().map(address -> ", gRPC on port " + address.getPort()).orElse(""));
        spec.commandLine().getOut().flush();
        server.awaitClosed();
        return ExitCode.OK;
    }

    private void requirePort(int number) {
        require(number >= 0 && number <= HIGHEST_PORT, "A port is a number from 0 to " + HIGHEST_PORT + ", not " + number + ".");
    }

    private Limits limits() {
        require(LongStream.of(bodyBytes, headerBytes, textsPerRequest, charactersPerText, queuedRequests, tokensPerBatch, connections,
                idle, slow, drain).allMatch(limit -> limit > 0), "Every limit must be at least 1.");
        return Limits.builder()
                .bodyBytes(bodyBytes)
                .headerBytes(headerBytes)
                .textsPerRequest(textsPerRequest)
                .charactersPerText(charactersPerText)
                .queuedRequests(queuedRequests)
                .tokensPerBatch(tokensPerBatch)
                .connections(connections)
                .idle(Duration.ofSeconds(idle))
                .slow(Duration.ofSeconds(slow))
                .drain(Duration.ofSeconds(drain))
                .build();
    }

    private Map<String, Path> files() {
        Map<String, Path> files = new LinkedHashMap<>();
        for (ModelOption model : models) {
            require(files.put(model.name(), model.file()) == null, "Two models are named '" + model.name() + "'.");
        }
        return files;
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }
}
