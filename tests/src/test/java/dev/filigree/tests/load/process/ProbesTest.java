package dev.filigree.tests.load.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.filigree.tests.load.FakeServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is read of a server's process. */
@Timeout(60)
class ProbesTest {
    private static final String METRICS = """
            # HELP jvm_memory_used_bytes The amount of used memory
            # TYPE jvm_memory_used_bytes gauge
            jvm_memory_used_bytes{area="heap",id="PS Eden Space"} 3.0E7
            jvm_memory_used_bytes{area="heap",id="PS Old Gen"} 1.2E7
            jvm_memory_used_bytes{area="nonheap",id="Metaspace"} 9.9E7
            jvm_threads_live_threads 21.0
            process_files_open_files 40
            """;

    /** A JVM that holds what it is told to until it is ended. */
    public static final class Holder {
        private Holder() {}

        /** Holds so many bytes. */
        public static void main(String[] arguments) throws IOException {
            byte[] held = new byte[Integer.parseInt(arguments[0])];
            System.out.println("holding");
            System.in.read();
            System.out.println(held.length);
        }
    }

    @TempDir
    private Path folder;

    @Test
    void aProcessTellsItsMemoryThreadsAndFiles() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "Skipped: only Linux tells of a process in /proc.");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "-cp", System.getProperty("java.class.path"), Holder.class.getName(), "50000000").start();
        try {
            assertThat(process.inputReader().readLine()).isEqualTo("holding");
            try (Probe probe = ProcessProbe.attach(process.pid())) {
                Map<Gauge, Double> gauges = probe.read();
                assertThat(gauges.get(Gauge.RSS)).isBetween(60.0, 400.0);
                assertThat(gauges.get(Gauge.HEAP)).isBetween(50.0, 260.0);
                assertThat(gauges.get(Gauge.THREADS)).isBetween(5.0, 100.0);
                assertThat(gauges.get(Gauge.FILES)).isBetween(4.0, 200.0);
                assertThat(probe.readAfterCollection().get(Gauge.LIVE_HEAP)).isBetween(50.0, 60.0);
                process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
                assertThatThrownBy(probe::read).isInstanceOf(IOException.class);
                assertThatThrownBy(probe::readAfterCollection).isInstanceOf(IOException.class);
            }
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void metricsTellWhatTheyTell() throws IOException {
        try (FakeServer server = new FakeServer(_ -> FakeServer.reply(200, METRICS));
                MetricsProbe probe = new MetricsProbe(URI.create("http://127.0.0.1:" + server.address().getPort()))) {
            assertThat(probe.read()).isEqualTo(Map.of(Gauge.HEAP, 42.0, Gauge.THREADS, 21.0, Gauge.FILES, 40.0));
            assertThat(probe.readAfterCollection()).isEmpty();
        }
    }

    @Test
    void aServerWithoutMetricsTellsNothing() throws IOException {
        try (FakeServer server = new FakeServer(_ -> FakeServer.reply(404, "{}"));
                MetricsProbe probe = new MetricsProbe(URI.create("http://127.0.0.1:" + server.address().getPort()))) {
            assertThat(probe.read()).isEmpty();
        }
    }

    @Test
    void aServerThatCannotStartSaysWhy() {
        assertThatThrownBy(() -> ServerProcess.start(folder.resolve("nosuch.filigree"), List.of("-Xmx128m"), List.of()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("The server did not start")
                .hasMessageContaining("nosuch.filigree");
    }
}
