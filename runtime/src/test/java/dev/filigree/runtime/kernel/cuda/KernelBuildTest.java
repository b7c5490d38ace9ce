package dev.filigree.runtime.kernel.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What build-fatbin.sh does with what nvcc says; a script plays nvcc. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "Skipped: the kernels are built by a shell script.")
class KernelBuildTest {
    private static final String SCRIPT = "build-fatbin.sh";
    private static final String NVCC = """
            #!/bin/sh
            [ "$1" = --version ] && { echo "Cuda compilation tools, release %s, V1"; exit; }
            while [ $# -gt 0 ]; do [ "$1" = -o ] && echo fatbin > "$2"; shift; done
            echo "ptxas info    : Compiling entry function 'relayout' for 'sm_80'"
            echo "    0 bytes stack frame, %d bytes spill stores, %d bytes spill loads"
            echo "ptxas info    : Used 53 registers, used 1 barriers, 8192 bytes smem, 412 bytes cmem[0]"
            echo "%s"
            """;

    @TempDir
    private Path folder;

    private Path sources;
    private Path out;

    @BeforeEach
    void copyScript() throws IOException {
        sources = Files.createDirectory(folder.resolve("cuda"));
        out = folder.resolve("out");
        Files.copy(Path.of("src/main/cuda", SCRIPT), sources.resolve(SCRIPT));
        Files.writeString(sources.resolve("filigree.cu"), "a kernel");
    }

    private void nvcc(String release, int spilled, String remark) throws IOException {
        Path nvcc = Files.createDirectories(folder.resolve("bin")).resolve("nvcc");
        Files.writeString(nvcc, NVCC.formatted(release, spilled, spilled, remark));
        Files.setPosixFilePermissions(nvcc, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private record Outcome(int code, String said) {}

    private Outcome build() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("sh", sources.resolve(SCRIPT).toString(), out.toString()).redirectErrorStream(true);
        builder.environment().put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), said);
    }

    @Test
    void compilesOnceForTheSameSources() throws IOException, InterruptedException {
        nvcc("13.0", 0, "");
        assertThat(build()).isEqualTo(new Outcome(
                0,
                "filigree: compiling the GPU kernels for sm_80, sm_86, sm_89, sm_90a and PTX; this takes a minute or two\n"
                        + "filigree: 1 kernels, none spills\n"));
        assertThat(out.resolve("filigree.fatbin")).hasContent("fatbin");
        assertThat(out.resolve("kernels.txt"))
                .as("name, architecture, registers, shared memory, spills")
                .hasContent("relayout sm_80 53 8192 0");
        assertThat(build()).as("nothing changed").isEqualTo(new Outcome(0, ""));
        Files.delete(out.resolve("filigree.fatbin"));
        assertThat(build().said()).as("a clean build").contains("took the compiled GPU kernels from " + folder.resolve("cache"));
        assertThat(out.resolve("filigree.fatbin")).hasContent("fatbin");
        Files.writeString(sources.resolve("filigree.cu"), "another kernel");
        Files.delete(out.resolve("filigree.fatbin"));
        assertThat(build().said()).as("changed sources").contains("compiling");
    }

    @Test
    void failsWhenAKernelSpills() throws IOException, InterruptedException {
        nvcc("13.0", 8, "");
        Outcome outcome = build();
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.said()).contains("these kernels spill registers: relayout (sm_80)");
        assertThat(out.resolve("filigree.fatbin")).doesNotExist();
    }

    @Test
    void failsWhenWgmmaIsSerialised() throws IOException, InterruptedException {
        nvcc("13.0", 0, "ptxas info : (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized");
        Outcome outcome = build();
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.said()).contains("ptxas serialises wgmma", "C7510");
    }

    @Test
    void goesOnWithoutKernelsWhereNvccIsTooOld() throws IOException, InterruptedException {
        nvcc("13.0", 0, "");
        build();
        nvcc("12.4", 0, "");
        assertThat(build()).isEqualTo(
                new Outcome(0, "filigree: nvcc is of CUDA 12, and the kernels need 13 or newer; this build has no GPU kernels\n"));
        assertThat(out.resolve("filigree.fatbin")).as("one made by another nvcc").doesNotExist();
    }
}
