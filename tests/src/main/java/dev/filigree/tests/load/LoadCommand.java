package dev.filigree.tests.load;

import dev.filigree.tests.load.client.Arrivals;
import dev.filigree.tests.load.report.LoadReport;
import dev.filigree.tests.load.report.LoadTables;
import dev.filigree.tests.load.soak.SoakResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code filigree load}: the server under load, from a second process. */
@Command(
        name = "load",
        description = "Puts the classification server under load: lone requests, capacity, steady load, overload, a soak.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        sortOptions = false)
public final class LoadCommand implements Callable<Integer> {
    private static final long MILLIS_PER_SECOND = 1000;
    private static final long MILLIS_PER_MINUTE = 60_000;

    @Spec
    private CommandSpec spec;

    @ArgGroup(exclusive = true, multiplicity = "1")
    private Where where;

    /** Which server. */
    private static final class Where {
        @Option(names = "--model", paramLabel = "FILE", description = "start servers of this packed file, and look into their processes")
        private Path model;

        @Option(names = "--url", paramLabel = "URL", description = "a server that runs already, http://HOST:PORT")
        private URI url;
    }

    @Option(names = "--scenarios", split = ",", defaultValue = "lone,batching,steady,sweep,overload",
            description = "any of lone, batching, steady (70 %% of capacity), sweep, overload (300 %%), soak")
    private Set<Scenario> scenarios;

    @Option(names = "--server-java", paramLabel = "FLAGS", defaultValue = "-Xms512m -Xmx512m -XX:+AlwaysPreTouch",
            description = "flags of the server's JVM, beside those of ./filigree serve; with its heap's pages in memory from the start,"
                    + " RSS shows what grows beside it")
    private String serverJava;

    @Option(names = "--server-flags", paramLabel = "FLAGS", defaultValue = "", description = "flags of ./filigree serve",
            showDefaultValue = CommandLine.Help.Visibility.NEVER)
    private String serverFlags;

    @Option(names = "--arrivals", defaultValue = "poisson", description = "how requests are spread in time: poisson or fixed")
    private Arrivals arrivals;

    @Option(names = "--connections", paramLabel = "N", defaultValue = "512",
            description = "connections for requests at given times; to see refusals it takes more than the server queues")
    private int connections;

    @Option(names = "--warmup", paramLabel = "SECONDS", defaultValue = "10",
            description = "full load before anything counts, and as long single requests before those count")
    private double warmup;

    @Option(names = "--step", paramLabel = "SECONDS", defaultValue = "10", description = "length of a round and of a step of the sweep")
    private double step;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "5", description = "rounds of batching and of the steady load")
    private int rounds;

    @Option(names = "--sweep", split = ",", paramLabel = "PERCENT", defaultValue = "10,20,30,40,50,60,70,80,90,100,110,120",
            description = "loads of the sweep, of capacity")
    private List<Integer> sweep;

    @Option(names = "--steady", paramLabel = "SECONDS", defaultValue = "60", description = "length of the steady load, all rounds together")
    private double steady;

    @Option(names = "--overload-minutes", paramLabel = "MINUTES", defaultValue = "10", description = "length of the overload")
    private double overloadMinutes;

    @Option(names = "--minutes", paramLabel = "MINUTES", defaultValue = "30", description = "length of the soak")
    private double minutes;

    @Option(names = "--seed", defaultValue = "17", description = "of arrivals, texts and the soak's deeds")
    private long seed;

    @Option(names = "--json", paramLabel = "FILE", description = "also write everything as JSON, which load-report reads")
    private Optional<Path> json;

    /** A bar that was missed is said, and is no failure; a run that could not be finished, or a soak that found something, is one. */
    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        LoadReport report = new LoadRun(plan(), target(), line -> {
            err.println("load: " + line);
            err.flush();
        }).run();
        PrintWriter out = spec.commandLine().getOut();
        out.print(LoadTables.of(report));
        out.flush();
        if (json.isPresent()) {
            report.write(json.get());
        }
        return report.soak().map(SoakResult::passed).orElse(true) ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private LoadTarget target() throws IOException {
        if (where.url != null) {
            require("http".equals(where.url.getScheme()) && where.url.getHost() != null && where.url.getPort() > 0,
                    "A server's address is written http://HOST:PORT, not " + where.url + ".");
            return new LoadTarget.Running(where.url);
        }
        if (!Files.isReadable(where.model)) {
            throw new IOException(where.model + " cannot be read.");
        }
        return new LoadTarget.Model(where.model);
    }

    private LoadPlan plan() {
        require(connections > 0 && rounds > 0, "--connections and --rounds must be at least 1.");
        require(sweep.stream().allMatch(percent -> percent > 0), "The loads of --sweep must be positive.");
        return new LoadPlan(EnumSet.copyOf(scenarios), words(serverJava), words(serverFlags), arrivals, connections,
                length("--warmup", warmup, MILLIS_PER_SECOND), length("--step", step, MILLIS_PER_SECOND), rounds, List.copyOf(sweep),
                length("--steady", steady, MILLIS_PER_SECOND), length("--overload-minutes", overloadMinutes, MILLIS_PER_MINUTE),
                length("--minutes", minutes, MILLIS_PER_MINUTE), seed);
    }

    private Duration length(String option, double value, long millis) {
        require(value * millis >= 1 && Double.isFinite(value), option + " must be a positive number.");
        return Duration.ofMillis(Math.round(value * millis));
    }

    private static List<String> words(String flags) {
        return Arrays.stream(flags.split("\\s+")).filter(word -> !word.isEmpty()).toList();
    }

    private void require(boolean condition, String sentence) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), sentence);
        }
    }
}
