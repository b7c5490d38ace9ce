package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The CUDA kernels on the stand-in for the driver, over a lane-accurate emulator, against plain C++: no GPU needed. */
class GpuKernelsOnEmulatorTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void kernelsEqualTheReferenceAndPlantedFaultsAreCaught() throws IOException, InterruptedException {
        assumeTrue(onPath("g++"), "Skipped: there is no g++ on the PATH to compile the CUDA kernels for the emulator with.");
        Process check = new ProcessBuilder("sh", "tests/src/gpu/emulated-check.sh")
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(check.waitFor()).as(output).isZero();
        assertThat(output).contains("all rules are enforced", "linear_sparse", "attention", "all passed");
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
