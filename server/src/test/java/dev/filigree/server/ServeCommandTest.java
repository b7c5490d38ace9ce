package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code filigree serve} as a person meets it: one sentence for each mistake, and a clean end. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ServeCommandTest {
    private final StringWriter errors = new StringWriter();

    @TempDir
    private Path folder;

    @Test
    void wrongUsage() {
        usage("Say what to serve, by --model NAME=FILE or --models DIR.", "serve");
        usage("--watch and --warm-up must not be negative.", "serve", "--models", "x", "--watch", "-1");
        usage("'tiny' is not NAME=FILE", "serve", "--model", "tiny");
        usage("'=file' is not NAME=FILE", "serve", "--model", "=file");
        usage("'tiny=' is not NAME=FILE", "serve", "--model", "tiny=");
        usage("'a b=file' is not NAME=FILE", "serve", "--model", "a b=file");
        usage("Two models are named 'a'.", "serve", "--model", "a=x", "--model", "a=y");
        usage("A port is a number from 0 to 65535, not 70000.", "serve", "--model", "a=x", "--port", "70000");
        usage("A port is a number from 0 to 65535, not -1.", "serve", "--model", "a=x", "--grpc-port", "-1");
        usage("'http' is not an int", "serve", "--model", "a=x", "--port", "http");
        usage("--workers and --threads must be at least 1.", "serve", "--model", "a=x", "--workers", "0");
        usage("Every limit must be at least 1.", "serve", "--model", "a=x", "--queue", "0");
        usage("--max-bodies must be at least --max-body (1048576), not 5", "serve", "--model", "a=x", "--max-bodies", "5");
        usage("Every time must be at most a year, 31536000 s.", "serve", "--model", "a=x", "--idle", "9999999999999");
        usage("--watch must be at most a year, 31536000 s.", "serve", "--model", "a=x", "--watch", "9999999999999");
        usage("There is no provider 'abacus': write one of auto,", "serve", "--model", "a=x", "--provider", "abacus");
        usage("Unknown option: '--nosuch'", "serve", "--model", "a=x", "--nosuch");
        usage("Missing required subcommand");
    }

    private void usage(String sentence, String... arguments) {
        assertThat(run(arguments)).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(errors.toString()).contains(sentence).startsWith("filigree: ").hasLineCount(2);
    }

    @Test
    void missingModelFile() {
        failure("nosuch.filigree", "serve", "--model", "tiny=" + folder.resolve("nosuch.filigree"));
    }

    @Test
    void refusedModelFile() throws IOException {
        Path file = TinyModel.write(folder, false);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        failure("tiny.filigree", "serve", "--model", "tiny=" + file);
    }

    @Test
    void folderWithoutModels() {
        failure("no *.filigree lies in " + folder, "serve", "--models", folder.toString());
    }

    @Test
    void portInUse() throws IOException {
        Path file = TinyModel.write(folder, false);
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            failure("Address already in use", "serve", "--model", "tiny=" + file, "--port", Integer.toString(taken.getLocalPort()));
        }
    }

    private void failure(String part, String... arguments) {
        assertThat(run(arguments)).isEqualTo(CommandLine.ExitCode.SOFTWARE);
        assertThat(errors.toString()).startsWith("filigree: ").contains(part).endsWith("." + System.lineSeparator()).hasLineCount(1);
    }

    private int run(String... arguments) {
        errors.getBuffer().setLength(0);
        return Main.commandLine().setErr(new PrintWriter(errors, true)).execute(arguments);
    }

    @Test
    void termSignalAnswersWhatHasBegunAndExitsWithZero() throws Exception {
        Process process = new ProcessBuilder(command("serve", "--model", "tiny=" + TinyModel.write(folder, false), "--port", "0"))
                .redirectError(folder.resolve("log").toFile())
                .start();
        try (BufferedReader out = process.inputReader()) {
            String greeting = out.readLine();
            assertThat(greeting).as(Files.readString(folder.resolve("log"))).startsWith("Serving tiny on http://127.0.0.1:");
            int port = Integer.parseInt(greeting.replaceAll(".*:(\\d+) .*", "$1"));
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", port);
            String body = "{\"inputs\": \"good film\"}";
            try (RawClient client = new RawClient(address)) {
                client.send(RawClient.head("POST", "/v1/classify", "Content-Length: " + body.length(), "Expect: 100-continue"));
                assertThat(client.read().status()).isEqualTo(100);
                process.destroy();
                awaitRefusal(address);
                RawClient.Response response = client.send(body).read();
                assertThat(response.status()).isEqualTo(200);
                assertThat(response.headers()).containsEntry("connection", "close");
                assertThat(client.atEnd()).isTrue();
            }
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            assertThat(Files.readString(folder.resolve("log"), StandardCharsets.UTF_8).lines())
                    .isNotEmpty().allMatch(line -> line.matches("WARNING: Using incubator.*|\\d{4}-\\d\\d-\\d\\dT\\S+ INFO  \\w+: .*"));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void settingsOfFileAndEnvironmentAndLogsForMachines() throws Exception {
        Path settings = Files.writeString(folder.resolve("filigree.yaml"),
                "model: {tiny: " + TinyModel.write(folder, false) + "}\nport: 1\naccess-log: true\nlog-format: json\n");
        Path log = folder.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(command("serve", "--batch-tokens", "64")).redirectError(log.toFile());
        builder.environment().putAll(Map.of("FILIGREE_CONFIG", settings.toString(), "FILIGREE_PORT", "0"));
        Process process = builder.start();
        try (BufferedReader out = process.inputReader()) {
            String greeting = out.readLine();
            assertThat(greeting).as(Files.readString(log)).startsWith("Serving tiny on http://127.0.0.1:");
            int port = Integer.parseInt(greeting.replaceAll(".*:(\\d+) .*", "$1"));
            String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
            try (RawClient client = new RawClient(new InetSocketAddress("127.0.0.1", port))) {
                String request = RawClient.post("{\"inputs\": \"good film\"}", "X-Request-Id: r1", "traceparent: " + trace);
                assertThat(client.send(request).read().status()).isEqualTo(200);
            }
            process.destroy();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            List<String> lines = Files.readAllLines(log).stream().filter(line -> !line.startsWith("WARNING")).toList();
            assertThat(lines).isNotEmpty().allSatisfy(line -> assertThat(new ObjectMapper().readTree(line).has("level")).isTrue());
            assertThat(lines).anySatisfy(line -> assertThat(line)
                    .contains("dev.filigree.server.access", "\"request_id\":\"r1\"", trace, "\"status\":\"200\"", "\"model\":\"tiny\""));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void wrongSettings() throws IOException {
        Path settings = Files.writeString(folder.resolve("filigree.yaml"), "prot: 1");
        usage("unknown key 'prot'", "serve", "--config", settings.toString());
        Files.writeString(settings, "port: many");
        usage("'many' is not an int", "serve", "--config", settings.toString());
        Files.writeString(settings, "port: 70000\nmodel: a=x");
        usage("not 70000.", "serve", "--config", settings.toString());
        Files.writeString(settings, "port: 70000\nqueue: 0");
        usage("Every limit must be at least 1.", "serve", "--config", settings.toString(), "--port", "80", "--model", "a=x");
        usage("no.yaml", "serve", "--config", "no.yaml");
        usage("--tls-certificate and --tls-key go together.", "serve", "--model", "a=x", "--tls-key", "key.pem");
        usage("There is no transport 'pigeon'", "serve", "--model", "a=x", "--transport", "pigeon");
    }

    @Test
    void filesOfTokenAndCertificate() throws IOException {
        Path empty = Files.writeString(folder.resolve("token"), " \n");
        failure("There is no token in " + empty, "serve", "--model", "a=x", "--token-file", empty.toString());
        failure("nosuch", "serve", "--model", "a=x", "--token-file", folder.resolve("nosuch").toString());
        failure("no readable file " + folder, "serve", "--model", "a=x", "--token-file", folder.toString());
        for (String unfit : List.of("two\nlines", "\ufefftoken", "gr\u00fcn")) {
            Path file = Files.writeString(folder.resolve("unfit"), unfit);
            failure("No client could show the token of " + file, "serve", "--model", "a=x", "--token-file", file.toString());
        }
        failure("there is no readable file no.pem", "serve", "--model", "a=x", "--tls-certificate", "no.pem", "--tls-key", "no.pem");
        failure("cannot be used", "serve", "--model", "a=x", "--tls-certificate", empty.toString(), "--tls-key", empty.toString());
    }

    @Test
    void termSignalUnderLoadLosesNoRequest() throws Exception {
        Process process = new ProcessBuilder(command("serve", "--model", "tiny=" + TinyModel.write(folder, false), "--port", "0"))
                .redirectError(folder.resolve("log").toFile())
                .start();
        try (BufferedReader out = process.inputReader(); ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            int port = Integer.parseInt(out.readLine().replaceAll(".*:(\\d+) .*", "$1"));
            CountDownLatch busy = new CountDownLatch(16 * 20);
            List<Future<Integer>> answered = IntStream.range(0, 16)
                    .mapToObj(i -> clients.submit(() -> askUntilToldToGo(new InetSocketAddress("127.0.0.1", port), busy)))
                    .toList();
            busy.await();
            process.destroy();
            for (Future<Integer> count : answered) {
                assertThat(count.get()).isPositive();
            }
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Every request must be answered, up to the one whose answer says that the connection ends. */
    private static int askUntilToldToGo(InetSocketAddress address, CountDownLatch busy) throws IOException {
        try (RawClient client = new RawClient(address)) {
            for (int answers = 1; true; answers++) {
                RawClient.Response response = client.send(RawClient.post("{\"inputs\": [\"good film\", \"bad film\"]}")).read();
                assertThat(response.status()).isEqualTo(200);
                busy.countDown();
                if ("close".equals(response.headers().get("connection"))) {
                    assertThat(client.atEnd()).isTrue();
                    return answers;
                }
            }
        }
    }

    private static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Waits until the process no longer listens: it has begun to drain. */
    private static void awaitRefusal(InetSocketAddress address) throws IOException {
        while (true) {
            try (RawClient probe = new RawClient(address)) {
                probe.reset();
            } catch (ConnectException e) {
                return;
            }
        }
    }
}
