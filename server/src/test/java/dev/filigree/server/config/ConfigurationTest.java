package dev.filigree.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {
    private static final Set<String> FLAGS = new TreeSet<>(Set.of("port", "model", "access-log", "batch-tokens"));

    @TempDir
    private Path folder;

    private Path yaml(String text) throws IOException {
        return Files.writeString(folder.resolve("filigree.yaml"), text);
    }

    @Test
    void settingsOfTheFileAreArguments() throws IOException {
        Path file = yaml("""
                port: 9090
                access-log: true
                model:
                  sst2: /models/sst2.filigree
                  rte: b.filigree
                """);
        assertThat(Configuration.read(FLAGS, Map.of(), Optional.of(file)).arguments(Set.of())).containsExactly(
                "--port=9090", "--access-log=true", "--model=sst2=/models/sst2.filigree", "--model=rte=b.filigree");
        Path list = yaml("model: [a=x, b=y]");
        assertThat(Configuration.read(FLAGS, Map.of(), Optional.of(list)).arguments(Set.of()))
                .containsExactly("--model=a=x", "--model=b=y");
    }

    @Test
    void theCommandLineGoesBeforeTheEnvironmentAndThatBeforeTheFile() throws IOException {
        Path file = yaml("port: 1\nbatch-tokens: 2\nmodel: a=x");
        Map<String, String> environment = Map.of("FILIGREE_BATCH_TOKENS", "3", "FILIGREE_MODEL", "b=y,c=z", "FILIGREE_GLUE", "/data");
        Configuration configuration = Configuration.read(FLAGS, environment, Optional.of(file));
        assertThat(configuration.arguments(Set.of()))
                .containsExactlyInAnyOrder("--port=1", "--batch-tokens=3", "--model=b=y", "--model=c=z");
        assertThat(configuration.arguments(Set.of("model", "port"))).isEqualTo(List.of("--batch-tokens=3"));
    }

    @Test
    void commasInTheEnvironmentSeparateModelsAndNothingElse() {
        Map<String, String> environment = Map.of("FILIGREE_PORT", ",", "FILIGREE_BATCH_TOKENS", "1,2", "FILIGREE_MODEL", "a=x,");
        assertThat(Configuration.read(FLAGS, environment, Optional.empty()).arguments(Set.of()))
                .as("nothing that was said is dropped")
                .containsExactlyInAnyOrder("--port=,", "--batch-tokens=1,2", "--model=a=x", "--model=");
    }

    @Test
    void whereKubernetesSaysThatAServiceIsSetsNoPort() throws IOException {
        Map<String, String> environment = Map.of("FILIGREE_PORT", "tcp://10.96.0.17:80", "FILIGREE_BATCH_TOKENS", "3");
        assertThat(Configuration.read(FLAGS, environment, Optional.empty()).arguments(Set.of())).containsExactly("--batch-tokens=3");
        Path file = yaml("port: 9090");
        assertThat(Configuration.read(FLAGS, environment, Optional.of(file)).arguments(Set.of())).contains("--port=9090");
    }

    @Test
    void nothingSaidIsNothing() {
        assertThat(Configuration.read(FLAGS, Map.of("PATH", "/bin"), Optional.empty()).arguments(Set.of())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'prot: 1' | unknown key 'prot'",
        "'port' | 'key: value'",
        "'' | 'key: value'",
        "'port: {' | not YAML",
        "'port: 1\nport: 2' | not YAML",
        "'port:' | 'port'",
        "'model: {a: {b: c}}' | 'model'",
        "'port: []' | 'port'",
        "'model: {}' | 'model'"
    })
    void whatIsWrongIsSaid(String text, String part) throws IOException {
        Path file = yaml(text);
        assertThatThrownBy(() -> Configuration.read(FLAGS, Map.of(), Optional.of(file)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(part, "filigree.yaml");
    }

    @Test
    void aMissingFileIsSaid() {
        assertThatThrownBy(() -> Configuration.read(FLAGS, Map.of(), Optional.of(folder.resolve("no.yaml"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no.yaml");
    }
}
