package dev.filigree.tests.load.process;

import dev.filigree.server.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code filigree serve} in a process of its own, on a free port of the loopback interface. Thread-safe. */
public final class ServerProcess implements AutoCloseable {
    /** As the script starts it, but for the limits of its heap. */
    private static final List<String> JAVA = List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow", "-XX:+UseParallelGC");
    private static final Pattern GREETING = Pattern.compile("https?://127\\.0\\.0\\.1:(\\d+)");
    private static final int LOG_LINES = 8;
    private static final long STOP_SECONDS = 30;

    private final Process process;
    private final Path log;
    private final InetSocketAddress address;

    private ServerProcess(Process process, Path log, InetSocketAddress address) {
        this.process = process;
        this.log = log;
        this.address = address;
    }

    /**
     * Starts a server and waits until it serves.
     *
     * @param model a packed file
     * @param java further flags of the JVM
     * @param flags further flags of {@code filigree serve}
     * @throws IOException when it ends before it serves, with the end of its log
     */
    public static ServerProcess start(Path model, List<String> java, List<String> flags) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("serve", "--model", "model=" + model.toAbsolutePath(), "--port", "0"));
        arguments.addAll(flags);
        return start(Main.class, java, arguments);
    }

    /** Starts another server, whose main class prints its address. */
    static ServerProcess start(Class<?> main, List<String> java, List<String> arguments) throws IOException {
        Path log = Files.createTempFile("filigree-serve-", ".log");
        Process process = new ProcessBuilder(command(main, java, arguments)).redirectError(log.toFile()).start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            Matcher greeting = GREETING.matcher(line);
            if (greeting.find()) {
                Thread.ofVirtual().start(() -> out.lines().forEach(_ -> { }));
                return new ServerProcess(process, log, new InetSocketAddress("127.0.0.1", Integer.parseInt(greeting.group(1))));
            }
        }
        process.destroyForcibly();
        throw new IOException("The server did not start: " + String.join(" / ", lastLines(log)));
    }

    private static List<String> command(Class<?> main, List<String> java, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JAVA);
        command.addAll(java);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return command;
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return address;
    }

    /** The process. */
    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** Lines of its log that should not be there: errors, and what Netty's leak detector found. */
    public List<String> complaints() throws IOException {
        try (Stream<String> lines = Files.lines(log, StandardCharsets.UTF_8)) {
            return lines.filter(line -> line.contains("ERROR") || line.contains("LEAK") || line.contains("OutOfMemory")).toList();
        }
    }

    /**
     * Asks it to stop, as SIGTERM does.
     *
     * @return its exit code
     * @throws IOException when it does not stop in time; it is killed then
     */
    public int stop() throws IOException, InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("The server did not stop within " + STOP_SECONDS + " s of SIGTERM and was killed.");
        }
        return process.exitValue();
    }

    /** Ends it at once if it still runs. */
    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(log);
    }

    private static List<String> lastLines(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
        Files.delete(log);
        return lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size());
    }
}
