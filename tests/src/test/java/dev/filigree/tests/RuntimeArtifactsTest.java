package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.filigree.runtime.Classifier;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an application gets with filigree-runtime, and what it may leave out of it. */
class RuntimeArtifactsTest {
    private static final long MOST_BYTES = 8_000_000;

    @TempDir
    private Path folder;

    @Test
    void theRuntimeBringsProtobufAndSlf4jAndNothingElse() throws IOException {
        Path runtime = Path.of("..", "runtime", "target");
        List<Path> jars = Stream.concat(
                        Stream.of(runtime.resolve("filigree-runtime.jar")),
                        Stream.of(Files.readString(runtime.resolve("classpath")).strip().split(File.pathSeparator)).map(Path::of))
                .toList();
        assertThat(jars.stream().map(jar -> jar.getFileName().toString().replaceFirst("-[0-9.]+\\.jar$", ".jar")))
                .containsExactlyInAnyOrder("filigree-runtime.jar", "filigree-format.jar", "filigree-natives-linux-x86_64.jar",
                        "protobuf-java.jar", "slf4j-api.jar");
        long bytes = 0;
        for (Path jar : jars) {
            bytes += Files.size(jar);
        }
        assertThat(bytes).isLessThan(MOST_BYTES);
    }

    @Test
    void withoutItsNativesTheRuntimeSaysSoOnceAndGoesOn() throws Exception {
        Path model = SmallModels.write(folder.resolve("model.filigree"));
        String classPath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("natives"))
                // The configuration of the tests' log keeps it silent.
                .filter(entry -> !entry.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
        Path program = Files.createDirectories(folder.resolve("program"));
        Path name = Path.of(Asker.class.getName().replace('.', '/') + ".class");
        Files.createDirectories(program.resolve(name).getParent());
        Files.copy(Path.of("target", "test-classes").resolve(name), program.resolve(name));
        Process java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", program + File.pathSeparator + classPath, Asker.class.getName(), model.toString()).redirectErrorStream(true).start();
        List<String> lines = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        assertThat(java.waitFor()).as(lines.toString()).isZero();
        assertThat(lines).last().isEqualTo("answered by reference");
        assertThat(lines.stream().filter(line -> line.contains("Provider native cannot run the model: There are no native kernels for")))
                .hasSize(1);
    }

    /** A JVM generates a class for each lambda that it meets, which took more than a tenth of the time to a first answer. */
    @Test
    void aFirstAnswerMeetsNoLambdaOfOurs() throws Exception {
        Path model = SmallModels.write(folder.resolve("model.filigree"));
        Process java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Xlog:class+load:stdout", "-cp", System.getProperty("java.class.path"),
                Asker.class.getName(), model.toString()).redirectErrorStream(true).start();
        List<String> lines = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        assertThat(java.waitFor()).as(lines.toString()).isZero();
        assumeTrue(lines.contains("answered by native"), "Skipped: the native kernels do not run here.");
        assertThat(lines).anyMatch(line -> line.contains("dev.filigree.runtime.Classifier "))
                .noneMatch(line -> line.contains("dev.filigree") && line.contains("$$Lambda"));
    }

    /** Classifies a text with the model of the argument, and says which provider did. */
    static final class Asker {
        private Asker() {}

        public static void main(String[] args) throws IOException {
            try (Classifier classifier = Classifier.open(Path.of(args[0]))) {
                classifier.classify("text one");
                System.out.println("answered by " + classifier.provider());
            }
        }
    }
}
