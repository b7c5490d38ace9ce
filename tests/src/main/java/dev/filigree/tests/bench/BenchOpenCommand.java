package dev.filigree.tests.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.sun.management.ThreadMXBean;
import dev.filigree.format.ModelFile;
import dev.filigree.pruner.files.WholeFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree bench-open}: what opening a packed file costs, before any provider lays it out, and the first answer of a new JVM. */
@Command(
        name = "bench-open",
        description = "Measures opening a packed file: time with and without checksums, the heap that an open file takes, and the time from"
                + " the launch of a JVM to its first answer.",
        mixinStandardHelpOptions = true)
public final class BenchOpenCommand implements Callable<Integer> {
    /** Enough for the compiler to have been at it: what a server sees that opens its files anew. */
    private static final int WARMUP = 50;
    /** Open at once when the heap is measured: so many that what else comes and goes in the heap is little beside them. */
    private static final int HELD = 64;
    private static final double NANOS_PER_MILLI = 1e6;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            description = "a packed .filigree file (default: one of BERT-base's size, made of random weights)")
    private Optional<Path> file;

    @Option(names = "--rounds", defaultValue = "101", description = "times it is opened in each way (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--cold",
            defaultValue = "11",
            description = "JVMs that are launched for a first answer, or 0 for none (default: ${DEFAULT-VALUE})")
    private int cold;

    @Option(names = "--json", paramLabel = "FILE", description = "also write the figures as JSON")
    private Path json;

    /**
     * Times of one way of opening.
     *
     * @param firstMillis the first time in this JVM
     * @param medianMillis of all after the warm-up
     * @param minMillis of all after the warm-up
     */
    public record Times(double firstMillis, double medianMillis, double minMillis) {}

    /**
     * The figures.
     *
     * @param fileBytes size of the file
     * @param structure opening without a look at the weights
     * @param checksums opening with every check
     * @param heapBytes heap that an open file takes, its share of a few open at once
     * @param allocatedBytes heap that is allocated while it is opened without a look at the weights, garbage included
     * @param coldStart the first answer of a new JVM, if it was asked for
     */
    public record Figures(
            long fileBytes, Times structure, Times checksums, long heapBytes, long allocatedBytes, Optional<ColdStart> coldStart) {}

    @Override
    public Integer call() throws IOException {
        if (cold < 0) {
            throw new ParameterException(spec.commandLine(), "--cold must be at least 0, not " + cold + ".");
        }
        if (rounds < 1) {
            throw new ParameterException(spec.commandLine(), "--rounds must be at least 1, not " + rounds + ".");
        }
        Figures figures = file.isPresent() ? measure(file.get()) : measureBertBase();
        print(figures, spec.commandLine().getOut());
        if (json != null) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("machine", MachineFacts.here());
            document.put("figures", figures);
            ObjectMapper mapper = new ObjectMapper().registerModule(new Jdk8Module());
            WholeFiles.write(json, mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(document));
        }
        return 0;
    }

    private Figures measureBertBase() throws IOException {
        Path folder = Files.createTempDirectory("filigree-bench");
        Path made = folder.resolve("bert-base.filigree");
        try {
            RandomBertBase.write(made);
            return measure(made);
        } finally {
            Files.deleteIfExists(made);
            Files.delete(folder);
        }
    }

    private Figures measure(Path path) throws IOException {
        Times structure = times(path, ModelFile.Checks.STRUCTURE);
        Times checksums = times(path, ModelFile.Checks.CHECKSUMS);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        ModelFile.open(path, ModelFile.Checks.STRUCTURE).close();
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        Optional<ColdStart> coldStart = cold > 0 ? Optional.of(ColdStart.measure(path, cold)) : Optional.empty();
        return new Figures(Files.size(path), structure, checksums, heap(path), allocated, coldStart);
    }

    private Times times(Path path, ModelFile.Checks checks) throws IOException {
        double first = millisToOpen(path, checks);
        for (int i = 0; i < Math.min(WARMUP, rounds); i++) {
            millisToOpen(path, checks);
        }
        double[] millis = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            millis[i] = millisToOpen(path, checks);
        }
        Arrays.sort(millis);
        return new Times(first, millis[rounds / 2], millis[0]);
    }

    private static double millisToOpen(Path path, ModelFile.Checks checks) throws IOException {
        long started = System.nanoTime();
        ModelFile opened = ModelFile.open(path, checks);
        long nanos = System.nanoTime() - started;
        opened.close();
        return nanos / NANOS_PER_MILLI;
    }

    /** The heap in use after a collection, with some files open and then with none: what was in use before may have gone meanwhile. */
    private static long heap(Path path) throws IOException {
        List<ModelFile> open = new ArrayList<>();
        for (int i = 0; i < HELD; i++) {
            open.add(ModelFile.open(path, ModelFile.Checks.STRUCTURE));
        }
        long held = used();
        open.forEach(ModelFile::close);
        open.clear();
        return (held - used()) / HELD;
    }

    private static long used() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        // Twice, since what waits for a cleaner goes the second time.
        memory.gc();
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed();
    }

    private static void print(Figures figures, PrintWriter out) {
        MachineFacts.here().forEach((name, value) -> out.println(name + ": " + value));
        out.printf(Locale.ROOT, "file: %,d bytes%n", figures.fileBytes());
        print("open, structure alone", figures.structure(), out);
        print("open, with checksums", figures.checksums(), out);
        out.printf(Locale.ROOT, "heap an open file takes: %,d bytes%n", figures.heapBytes());
        out.printf(Locale.ROOT, "heap allocated while it is opened: %,d bytes%n", figures.allocatedBytes());
        figures.coldStart().ifPresent(start -> out.printf(
                Locale.ROOT,
                "launch of a JVM to its first answer: median %.0f ms, least %.0f ms, processor time %.0f ms; saying hello: %.0f ms%n",
                start.medianMillis(), start.minMillis(), start.medianCpuMillis(), start.minHelloMillis()));
        out.flush();
    }

    private static void print(String way, Times times, PrintWriter out) {
        out.printf(Locale.ROOT, "%s: median %.2f ms, least %.2f ms, first %.1f ms%n",
                way, times.medianMillis(), times.minMillis(), times.firstMillis());
    }
}
