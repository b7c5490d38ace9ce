package dev.filigree.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

import dev.filigree.format.GoldenExample;
import dev.filigree.format.Model;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What whoever starts the application reads where a model cannot be had. */
@ExtendWith(OutputCaptureExtension.class)
class StartFailureTest {
    @TempDir
    private Path folder;

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(FiligreeAutoConfiguration.class)
    static class Application {
        @Bean
        AtomicReference<String> taken() {
            return new AtomicReference<>("no classifier");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Labelling extends Application {
        @Bean
        String label(Classifier classifier) {
            return classifier.classify(TestModel.TEXT).label();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Embedding extends Application {
        @Bean
        int dimensions(Encoder encoder) {
            return encoder.dimensions();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Unrelated extends Application {
        @Bean
        String zone(Clock clock) {
            return clock.getZone().getId();
        }
    }

    private static void assertThatStartFails(String... arguments) {
        assertThatStartFails(Application.class, arguments);
    }

    private static void assertThatStartFails(Class<?> application, String... arguments) {
        assertThatException().isThrownBy(
                () -> new SpringApplicationBuilder(application).web(WebApplicationType.NONE).bannerMode(Banner.Mode.OFF)
                        .run(arguments).close());
    }

    @Test
    void aClassifierThatIsWantedAndNotNamed(CapturedOutput output) {
        assertThatStartFails(Labelling.class);

        assertThat(output).contains("Parameter 0 of method label", "required a bean of type 'dev.filigree.runtime.Classifier'",
                "Set filigree.model to the model's file");
    }

    @Test
    void anEncoderThatIsWantedAndNotNamed(CapturedOutput output) {
        assertThatStartFails(Embedding.class);

        assertThat(output).contains("required a bean of type 'dev.filigree.runtime.Encoder'", "filigree.models.NAME.kind=encoder");
    }

    @Test
    void anotherBeanThatIsMissingIsNotOurs(CapturedOutput output) {
        assertThatStartFails(Unrelated.class);

        assertThat(output).contains("required a bean of type 'java.time.Clock' that could not be found").doesNotContain("filigree.model");
    }

    @Test
    void aFileThatIsNotThere(CapturedOutput output) {
        Path absent = folder.resolve("absent.filigree");

        assertThatStartFails("--filigree.model=" + absent);

        assertThat(output).contains("APPLICATION FAILED TO START",
                "The model of filigree.model=" + absent + " cannot be opened: There is no file [" + absent + "].",
                "Put the file there or correct filigree.model", Path.of("").toAbsolutePath().toString());
    }

    @Test
    void aResourceThatIsNotThere(CapturedOutput output) {
        assertThatStartFails("--filigree.models.sst2.location=classpath:absent.filigree");

        assertThat(output).contains(
                "The model of filigree.models.sst2.location=classpath:absent.filigree cannot be opened: "
                        + "There is no class path resource [absent.filigree].",
                "correct filigree.models.sst2.location");
    }

    @Test
    void aFileThatIsNoModel(CapturedOutput output) throws IOException {
        Path other = Files.writeString(folder.resolve("other.filigree"), "This is a sentence and no model at all.");

        assertThatStartFails("--filigree.model=" + other);

        assertThat(output).contains("The model of filigree.model=" + other + " cannot be opened: " + other, "Copy the file again");
    }

    @Test
    void aModelThatComputesWrongly(CapturedOutput output) throws IOException {
        Model model = TinyModels.of(TinyModels.SENTIMENT, Pooling.MEAN, 1);
        Path file = folder.resolve("wrong.filigree");
        ModelWriter.write(TinyModels.with(
                model, List.of(new GoldenExample(TestModel.TEXT, Optional.empty(), new float[] {100, -100}))), file);

        assertThatStartFails("--filigree.model=" + file);

        assertThat(output).contains("The model of filigree.model=" + file + " cannot be opened: ", "Try filigree.provider=reference");
    }

    @Test
    void aProviderThatThereIsNot(CapturedOutput output) {
        assertThatStartFails("--filigree.model=any.filigree", "--filigree.provider=fpga");

        assertThat(output).contains("Invalid value 'fpga' for configuration property 'filigree.provider'", "write one of auto, cpu, cuda");
    }

    @Test
    void aProviderThatCannotRunHere(CapturedOutput output) throws IOException {
        Path file = TestModel.write(folder.resolve("sentiment.filigree"), 1);

        assertThatStartFails("--filigree.models.sst2.location=" + file, "--filigree.provider=cuda:99");

        assertThat(output).contains(
                "The model of filigree.models.sst2.location=" + file + " cannot be opened: Provider cuda:99 cannot run the model: ",
                "with filigree.models.sst2.provider=auto.");
    }

    @Test
    void noThreads(CapturedOutput output) {
        assertThatStartFails("--filigree.models.sst2.location=any.filigree", "--filigree.models.sst2.threads=0");

        assertThat(output).contains(
                "Invalid value '0' for configuration property 'filigree.models.sst2.threads'", "A model needs at least one thread.");
    }

    @Test
    void aModelWithoutALocation(CapturedOutput output) {
        assertThatStartFails("--filigree.models.sst2.provider=auto");

        assertThat(output).contains("Invalid value '' for configuration property 'filigree.models.sst2.location'",
                "It names the model's file");
    }

    @Test
    void anExecutorThatThereIsNot(CapturedOutput output) throws IOException {
        Path file = TestModel.write(folder.resolve("sentiment.filigree"), 1);

        assertThatStartFails("--filigree.model=" + file, "--filigree.executor=scoring");

        assertThat(output).contains("Invalid value 'scoring' for configuration property 'filigree.executor'",
                "There is no bean of that name");
    }

    @Test
    void aNameThatAnotherBeanHas(CapturedOutput output) {
        assertThatStartFails("--filigree.models.taken.location=any.filigree");

        assertThat(output).contains("Its bean would be called 'taken', but the application has another bean of that name, "
                + "which is no Classifier: give the model another name.");
    }
}
