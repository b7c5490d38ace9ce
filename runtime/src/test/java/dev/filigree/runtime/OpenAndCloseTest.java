package dev.filigree.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.kernel.vector.Jvm;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that is opened and closed some thousand times leaves nothing outside the heap. */
class OpenAndCloseTest {
    private static final int CYCLES = 2000;
    /** What the process may grow by in so many cycles: a quarter of what it would if each left the buffers of a call behind. */
    private static final long SLACK = 32L << 20;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {Providers.CPU, "reference"})
    void nothingIsLeft(String provider) throws Exception {
        Path file = folder.resolve("model.filigree");
        ModelWriter.write(TinyModels.of(TinyModels.SENTIMENT, Pooling.MEAN, 3), file);
        // A heap that is there from the beginning, so that whatever grows is outside.
        String output = Jvm.run(Cycles.class, "-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector", "-Dfile=" + file, "-Dprovider=" + provider);
        String[] grown = output.strip().lines().reduce((first, second) -> second).orElseThrow().split(" ");
        assertThat(Long.parseLong(grown[0])).as("bytes in arenas").isZero();
        assertThat(Long.parseLong(grown[1])).as("mapped bytes").isZero();
        assertThat(Long.parseLong(grown[2])).as("growth of the process").isLessThan(SLACK);
    }

    /** Prints by how much arenas, mapped memory and the process have grown. */
    static final class Cycles {
        private Cycles() {}

        public static void main(String[] args) throws IOException {
            Path file = Path.of(System.getProperty("file"));
            String provider = System.getProperty("provider");
            run(file, provider, CYCLES / 2);
            long arenas = held("direct");
            long mapped = held("mapped");
            long process = residentBytes();
            run(file, provider, CYCLES);
            System.out.println((held("direct") - arenas) + " " + (held("mapped") - mapped) + " " + (residentBytes() - process));
        }

        /** In turns mapped and read, classified and embedded. */
        private static void run(Path file, String provider, int count) throws IOException {
            byte[] bytes = Files.readAllBytes(file);
            for (int i = 0; i < count; i += 2) {
                try (Classifier classifier = Classifier.builder().provider(provider).open(file)) {
                    classifier.classify("not good at all");
                }
                try (Encoder encoder = Encoder.builder().provider(provider).open(new ByteArrayInputStream(bytes))) {
                    encoder.embed("good ".repeat(40));
                }
            }
        }

        /** Bytes outside the heap that the JVM has given out: {@code direct} counts those of arenas. */
        private static long held(String pool) {
            return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                    .filter(bean -> bean.getName().equals(pool))
                    .mapToLong(BufferPoolMXBean::getTotalCapacity)
                    .sum();
        }

        /** Memory that the process has; 0 where the system does not say, so that nothing grows. */
        private static long residentBytes() throws IOException {
            Path statm = Path.of("/proc/self/statm");
            // The second number, in pages of 4 KiB.
            return Files.exists(statm) ? Long.parseLong(Files.readString(statm).split(" ")[1]) << 12 : 0;
        }
    }
}
