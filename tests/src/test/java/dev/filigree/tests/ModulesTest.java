package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolvedModule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The artifacts as Java modules. That the runtime runs as one is shown by examples/modular. */
class ModulesTest {
    @ParameterizedTest
    @CsvSource({
        "format/target/filigree-format.jar, dev.filigree.format, false",
        "runtime/target/filigree-runtime.jar, dev.filigree.runtime, false",
        "runtime/natives/target/filigree-natives-linux-x86_64.jar, dev.filigree.natives, true",
        "pruner/target/filigree-pruner.jar, dev.filigree.pruner, true",
        "server/target/filigree-server.jar, dev.filigree.server, false",
        "integrations/djl/target/filigree-djl.jar, dev.filigree.djl, false",
        "integrations/langchain4j/target/filigree-langchain4j.jar, dev.filigree.langchain4j, true",
        "integrations/micrometer/target/filigree-micrometer.jar, dev.filigree.micrometer, false",
        "integrations/spark/target/filigree-spark.jar, dev.filigree.spark, true",
        "integrations/spring-boot/target/filigree-spring-boot-starter.jar, dev.filigree.spring, false"
    })
    void everyArtifactHasAModuleName(Path jar, String name, boolean automatic) {
        Path built = Path.of("..").resolve(jar);
        assumeTrue(Files.exists(built), "Skipped: " + jar + " is not built yet.");
        ModuleDescriptor module = descriptor(built);
        assertThat(module.name()).isEqualTo(name);
        assertThat(module.isAutomatic()).isEqualTo(automatic);
    }

    @Test
    void theRuntimeShowsItsApiAndNotItsProviders() {
        ModuleDescriptor runtime = descriptor(Path.of("..", "runtime", "target", "filigree-runtime.jar"));
        assertThat(runtime.exports().stream().filter(one -> !one.isQualified()).map(ModuleDescriptor.Exports::source))
                .containsExactlyInAnyOrder("dev.filigree.runtime", "dev.filigree.runtime.kernel", "dev.filigree.runtime.tokenizer");
        assertThat(runtime.opens()).isEmpty();
    }

    /** What a module requires is on its class path, which therefore is a module path, too; the natives come without being required. */
    @ParameterizedTest
    @ValueSource(strings = {"runtime", "server"})
    void requiresNothingThatIsNotThere(String module) throws IOException {
        Path target = Path.of("..", module, "target");
        Stream<Path> libraries = Stream.of(Files.readString(target.resolve("classpath")).strip().split(File.pathSeparator)).map(Path::of);
        ModuleFinder path = ModuleFinder.of(
                Stream.concat(Stream.of(target.resolve("filigree-" + module + ".jar")), libraries).toArray(Path[]::new));
        Configuration resolved = Configuration.resolve(
                path, List.of(ModuleLayer.boot().configuration()), ModuleFinder.ofSystem(), Set.of("dev.filigree." + module));
        assertThat(resolved.modules().stream().map(ResolvedModule::name).collect(Collectors.toSet()))
                .contains("dev.filigree." + module, "dev.filigree.format", "dev.filigree.natives", "com.google.protobuf", "org.slf4j");
    }

    private static ModuleDescriptor descriptor(Path jar) {
        return ModuleFinder.of(jar).findAll().iterator().next().descriptor();
    }
}
