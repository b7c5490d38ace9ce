package dev.filigree.tests.bench;

import com.google.protobuf.ByteString;
import dev.filigree.format.ModelFile;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.kernel.Natives;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;

/**
 * From the launch of a JVM that has nothing but the runtime on its class path, with no flags that an application would not need either, to
 * the label that it prints.
 *
 * @param medianMillis until the label is there
 * @param minMillis until the label is there
 * @param medianCpuMillis processor time of the whole process, its compiler's threads included
 * @param minHelloMillis the same for a JVM that prints a line and does nothing else
 */
public record ColdStart(double medianMillis, double minMillis, double medianCpuMillis, double minHelloMillis) {
    private static final double NANOS_PER_MILLI = 1e6;

    /** What the JVM runs: opens the file, if there is one, and prints the label of a text, then the processor time in nanoseconds. */
    static final class FirstAnswer {
        private FirstAnswer() {}

        /** The file's path, or nothing. */
        public static void main(String[] args) throws IOException {
            if (args.length == 0) {
                System.out.println("hello");
            } else {
                try (Classifier classifier = Classifier.open(Path.of(args[0]))) {
                    String text = "I could not put it down.";
                    boolean pairs = classifier.model().task().pairs();
                    System.out.println((pairs ? classifier.classify(text, text) : classifier.classify(text)).label());
                }
            }
            System.out.println(ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toNanos());
        }
    }

    private record Run(double millis, double cpuMillis) {}

    /** Starts so many JVMs, one after the other, and as many that say hello. */
    static ColdStart measure(Path file, int runs) throws IOException {
        String classPath = classPath();
        List<Run> answers = new ArrayList<>();
        double minHello = Double.POSITIVE_INFINITY;
        for (int i = 0; i < runs; i++) {
            answers.add(run(classPath, file.toString()));
            minHello = Math.min(minHello, run(classPath).millis());
        }
        double[] millis = answers.stream().mapToDouble(Run::millis).sorted().toArray();
        double[] cpu = answers.stream().mapToDouble(Run::cpuMillis).sorted().toArray();
        return new ColdStart(millis[runs / 2], millis[0], cpu[runs / 2], minHello);
    }

    private static Run run(String classPath, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED", "-cp", classPath,
                FirstAnswer.class.getName()));
        command.addAll(Arrays.asList(arguments));
        long started = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            String label = output.readLine();
            long answered = System.nanoTime();
            String cpuNanos = output.readLine();
            if (label == null || cpuNanos == null) {
                throw new IOException("A JVM that should give a first answer gives none: " + String.join(" ", command));
            }
            return new Run((answered - started) / NANOS_PER_MILLI, Long.parseLong(cpuNanos) / NANOS_PER_MILLI);
        } finally {
            process.destroy();
        }
    }

    /** The runtime, what it depends on, and the main class. */
    private static String classPath() throws IOException {
        Set<String> entries = new LinkedHashSet<>();
        for (Class<?> type : List.of(Classifier.class, ModelFile.class, ByteString.class, Logger.class, ColdStart.class)) {
            entries.add(Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString())).toString());
        }
        String kernels = "native/linux-x86_64/libfiligree.so";
        URL library = Natives.find(kernels).orElse(null);
        if (library != null && library.openConnection() instanceof JarURLConnection jar) {
            entries.add(Path.of(URI.create(jar.getJarFileURL().toString())).toString());
        } else if (library != null) {
            // META-INF, filigree, native, the platform and the file.
            entries.add(Path.of(URI.create(library.toString())).resolve("../../../../..").normalize().toString());
        }
        return String.join(File.pathSeparator, entries);
    }
}
