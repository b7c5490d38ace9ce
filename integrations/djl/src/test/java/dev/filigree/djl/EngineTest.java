package dev.filigree.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineProvider;
import ai.djl.repository.LocalRepository;
import ai.djl.repository.Repository;
import ai.djl.repository.SimpleRepository;
import dev.filigree.runtime.FiligreeVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the engine gets along with those beside it; PyTorch's is on the class path. */
class EngineTest {
    @TempDir
    Path folder;

    @Test
    void theDefaultStaysPyTorch() {
        assertThat(Engine.getAllEngines()).contains("PyTorch", "Filigree");
        assertThat(Engine.getDefaultEngineName()).isEqualTo("PyTorch");
    }

    @Test
    void everyOtherEngineIsPreferred() {
        for (EngineProvider provider : ServiceLoader.load(EngineProvider.class)) {
            if (!provider.getEngineName().equals("Filigree")) {
                assertThat(provider.getEngineRank()).as(provider.getEngineName()).isLessThan(new FiligreeEngineProvider().getEngineRank());
            }
        }
    }

    @Test
    void itHasNoArraysAndBorrowsNone() {
        Engine engine = Engine.getEngine("Filigree");
        assertThat(engine.getAlternativeEngine()).isNull();
        assertThat(engine.defaultDevice()).isEqualTo(Device.cpu());
        assertThat(engine.newBaseManager().getEngine()).isSameAs(engine);
        assertThat(engine).hasToString("Filigree:" + FiligreeVersion.current());
    }

    @Test
    void pathsOfOtherEnginesAreReadAsBefore() throws Exception {
        Files.writeString(folder.resolve("model.pt"), "weights");
        assertThat(Repository.newInstance("folder", folder)).isInstanceOf(SimpleRepository.class).isNotInstanceOf(FiligreeRepository.class);
        assertThat(Repository.newInstance("file", folder.resolve("model.pt").toUri().toString()).getResources())
                .singleElement().hasToString("djl://ai.djl.localmodelzoo/model.pt");

        Path zoo = Files.createDirectories(folder.resolve("model/nlp/group/artifact"));
        Files.writeString(zoo.resolve("metadata.json"), "not even JSON");
        assertThat(Repository.newInstance("zoo", folder)).isInstanceOf(SimpleRepository.class);
        Files.writeString(zoo.resolve("metadata.json"), """
                {"metadataVersion": "0.2", "groupId": "group", "artifactId": "artifact", "application": "nlp", "artifacts": []}""");
        assertThat(Repository.newInstance("zoo", folder)).isInstanceOf(LocalRepository.class);
        assertThat(Repository.newInstance("zoo", folder).getResources()).singleElement().hasToString("djl://group/artifact");
    }
}
