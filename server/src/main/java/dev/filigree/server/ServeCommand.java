package dev.filigree.server;

import dev.filigree.runtime.kernel.Providers;
import dev.filigree.server.config.Configuration;
import dev.filigree.server.http.Guard;
import dev.filigree.server.http.Tls;
import dev.filigree.server.http.Transport;
import dev.filigree.server.model.ModelRegistry;
import dev.filigree.server.model.ModelSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code filigree serve}. */
@Command(
        name = "serve",
        description = "Serves packed files over HTTP, and over gRPC if asked to; a page to try them is at /. SIGTERM and Ctrl-C drain.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        sortOptions = false)
final class ServeCommand implements Callable<Integer> {
    private static final int HIGHEST_PORT = 65_535;
    private static final String AUTO = "auto";
    private static final Set<String> NOT_ELSEWHERE = Set.of("config", "help", "version");

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "NAME=FILE", converter = ModelOption.Converter.class,
            description = "a packed file and its name; may be repeated",
            showDefaultValue = CommandLine.Help.Visibility.NEVER)
    private List<ModelOption> models = List.of();

    @Option(names = "--models", paramLabel = "DIR", description = "serve every *.filigree in this folder, named as the file is",
            showDefaultValue = CommandLine.Help.Visibility.NEVER)
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

    @Option(names = "--transport", paramLabel = "NAME", description = "how sockets are waited for: auto, epoll, io_uring or nio")
    private String transport = AUTO;

    @Option(names = "--tls-certificate", paramLabel = "FILE",
            description = "PEM file with the server's certificate and those that lead to the root; read again when it changes",
            showDefaultValue = CommandLine.Help.Visibility.NEVER)
    private Optional<Path> tlsCertificate = Optional.empty();

    @Option(names = "--tls-key", paramLabel = "FILE", description = "PEM file with the certificate's private key",
            showDefaultValue = CommandLine.Help.Visibility.NEVER)
    private Optional<Path> tlsKey = Optional.empty();

    @Option(names = "--token-file", paramLabel = "FILE",
            description = "file with a token that clients must show as 'Authorization: Bearer TOKEN'",
            showDefaultValue = CommandLine.Help.Visibility.NEVER)
    private Optional<Path> tokenFile = Optional.empty();

    @Option(names = "--access-log", description = "write a line into the log for every request")
    private boolean accessLog;

    @Option(names = "--log-format", paramLabel = "text|json", description = "how the log is written")
    private LogFormat logFormat = LogFormat.TEXT;

    @Mixin
    private LimitOptions limits;

    @Option(names = "--config", paramLabel = "FILE",
            description = "YAML file with any of these settings, as 'port: 8080'; environment variables as FILIGREE_PORT go before it",
            showDefaultValue = CommandLine.Help.Visibility.NEVER)
    private Optional<Path> config = Optional.empty();

    /** Settings from elsewhere are put beside the arguments, and all are parsed as one. */
    @Override
    public Integer call() throws IOException, InterruptedException {
        Map<String, List<String>> given = given();
        List<String> more;
        try {
            Optional<Path> file = config.or(() -> Optional.ofNullable(System.getenv("FILIGREE_CONFIG")).map(Path::of));
            more = Configuration.read(flags(), System.getenv(), file).arguments(given.keySet());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        if (more.isEmpty()) {
            return serve();
        }
        ServeCommand whole = new ServeCommand();
        try {
            CommandLine line = Main.configured(new CommandLine(whole));
            line.setOut(spec.commandLine().getOut()).setErr(spec.commandLine().getErr());
            Stream<String> arguments = given.entrySet().stream()
                    .flatMap(flag -> flag.getValue().stream().map(value -> "--" + flag.getKey() + "=" + value));
            line.parseArgs(Stream.concat(arguments, more.stream()).toArray(String[]::new));
        } catch (ParameterException e) {
            throw new ParameterException(spec.commandLine(), "With the settings of environment and file: " + e.getMessage(), e);
        }
        return whole.serve();
    }

    /** Names of the flags that may be set elsewhere. */
    private Set<String> flags() {
        return spec.options().stream()
                .map(option -> option.longestName().substring(2))
                .filter(name -> !NOT_ELSEWHERE.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Map<String, List<String>> given() {
        Map<String, List<String>> given = new LinkedHashMap<>();
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            given.put(option.longestName().substring(2), option.originalStringValues());
        }
        return given;
    }

    private Integer serve() throws IOException, InterruptedException {
        logFormat.apply();
        requirePort(port);
        grpcPort.ifPresent(this::requirePort);
        require(Providers.isName(provider),
                "There is no provider '" + provider + "': write one of " + String.join(", ", Providers.names()) + ".");
        require(workers > 0 && threads > 0, "--workers and --threads must be at least 1.");
        require(!models.isEmpty() || folder.isPresent(), "Say what to serve, by --model NAME=FILE or --models DIR.");
        require(watch >= 0 && warmUpCalls >= 0, "--watch and --warm-up must not be negative.");
        require(watch <= LimitOptions.LONGEST.toSeconds(), "--watch must be at most a year, " + LimitOptions.LONGEST.toSeconds() + " s.");
        require(tlsCertificate.isPresent() == tlsKey.isPresent(), "--tls-certificate and --tls-key go together.");
        ServerSettings settings = settings();
        ModelRegistry served = ModelRegistry.open(
                new ModelSettings(files(), folder, Duration.ofSeconds(watch), provider, threads, warmUpCalls));
        ClassificationServer server;
        try {
            server = new ClassificationServer(served, settings);
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
                "Serving %s on %s://%s:%d%s (stop with Ctrl-C)%n",
                String.join(", ", served.names()),
                settings.tls().isPresent() ? "https" : "http",
                server.address().getHostString(),
                server.address().getPort(),
                server.grpcAddress().map(address -> ", gRPC on port " + address.getPort()).orElse(""));
        spec.commandLine().getOut().flush();
        server.awaitClosed();
        return ExitCode.OK;
    }

    private void requirePort(int number) {
        require(number >= 0 && number <= HIGHEST_PORT, "A port is a number from 0 to " + HIGHEST_PORT + ", not " + number + ".");
    }

    private ServerSettings settings() throws IOException {
        Optional<Tls> tls = Optional.empty();
        if (tlsCertificate.isPresent()) {
            tls = Optional.of(new Tls(tlsCertificate.get(), tlsKey.orElseThrow()));
        }
        return new ServerSettings(
                new InetSocketAddress(host, port),
                workers,
                limits.limits(),
                guard(),
                tls,
                transport(),
                accessLog,
                grpcPort.map(number -> new InetSocketAddress(host, number)));
    }

    private Guard guard() throws IOException {
        if (tokenFile.isEmpty()) {
            return Guard.NONE;
        }
        if (!Files.isReadable(tokenFile.get()) || Files.isDirectory(tokenFile.get())) {
            throw new IOException("The token cannot be read: there is no readable file " + tokenFile.get() + ".");
        }
        String token = Files.readString(tokenFile.get(), StandardCharsets.ISO_8859_1).strip();
        if (token.isEmpty()) {
            throw new IOException("There is no token in " + tokenFile.get() + ".");
        }
        if (!token.chars().allMatch(ServeCommand::fitsIntoAHeader)) {
            throw new IOException("No client could show the token of " + tokenFile.get()
                    + ": it must be one line of letters, digits and signs of ASCII, without a byte order mark.");
        }
        return new Guard(Optional.of(token));
    }

    private static boolean fitsIntoAHeader(int character) {
        return character >= ' ' && character <= '~';
    }

    private Transport transport() {
        if (transport.equals(AUTO)) {
            return Transport.best();
        }
        return Arrays.stream(Transport.values())
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(transport))
                .findFirst()
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "There is no transport '" + transport + "': write one of auto, epoll, io_uring, nio."))
                .require();
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
