package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.FiligreeVersion;
import dev.filigree.server.ClassificationServer;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever tells a version tells the one of the build, wherever its classes lie. */
class VersionTest {
    private static final String MAIN = ClassificationServer.class.getPackageName() + ".Main";

    private static String built() throws Exception {
        return XPathFactory.newInstance().newXPath().evaluate(
                "/project/version", DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new File("../pom.xml")));
    }

    private static List<Path> server() throws IOException {
        Path target = Path.of("..", "server", "target");
        Stream<Path> libraries = Stream.of(Files.readString(target.resolve("classpath")).strip().split(File.pathSeparator)).map(Path::of);
        return Stream.concat(Stream.of(target.resolve("filigree-server.jar")), libraries).toList();
    }

    private static String path() throws IOException {
        return String.join(File.pathSeparator, server().stream().map(Path::toString).toList());
    }

    private static String java(String... arguments) throws Exception {
        String program = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process java = new ProcessBuilder(Stream.concat(Stream.of(program), Arrays.stream(arguments)).toList())
                .redirectErrorStream(true).start();
        String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(java.waitFor()).as(said).isZero();
        return said.strip();
    }

    @Test
    void onTheClassPath() throws Exception {
        assertThat(java("-cp", path(), MAIN, "--version")).isEqualTo("filigree " + built());
    }

    @Test
    void onTheModulePath() throws Exception {
        assertThat(java("-p", path(), "-m", "dev.filigree.server/" + MAIN, "--version")).isEqualTo("filigree " + built());
    }

    @Test
    void inThisProcess() throws Exception {
        assertThat(FiligreeVersion.current()).isEqualTo(built());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "load", "prune", "glue-table", "serve"})
    void everyCommand(String command) throws Exception {
        StringWriter out = new StringWriter();
        String[] arguments = command.isEmpty() ? new String[] {"--version"} : new String[] {command, "--version"};
        var line = switch (command) {
            case "serve" -> dev.filigree.server.Main.commandLine();
            case "prune", "glue-table" -> dev.filigree.pruner.cli.Main.commandLine();
            default -> Main.commandLine();
        };
        assertThat(line.setOut(new PrintWriter(out, true)).execute(arguments)).isZero();
        assertThat(out.toString().strip()).isEqualTo("filigree " + built());
    }
}
