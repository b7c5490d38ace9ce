package dev.filigree.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.filigree.runtime.CallTimings;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.ClassifierListener;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.InvalidInputException;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class MetricsTest {
    @TempDir
    private Path folder;
    private Path file;

    private final ApplicationContextRunner runner = new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(
            FiligreeAutoConfiguration.class, FiligreeMetricsAutoConfiguration.class, MetricsAutoConfiguration.class,
            SimpleMetricsExportAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class));

    @BeforeEach
    void write() throws IOException {
        file = TestModel.write(folder.resolve("sentiment.filigree"), 1);
    }

    @Test
    void theSingleModelIsMeasuredUnderItsFilesName() {
        runner.withPropertyValues("filigree.model=" + file).run(context -> {
            Classifier classifier = context.getBean(Classifier.class);
            classifier.classify(TestModel.TEXT);
            assertThatExceptionOfType(InvalidInputException.class).isThrownBy(() -> classifier.classify("a", "pair"));

            MeterRegistry registry = context.getBean(MeterRegistry.class);
            assertThat(registry.get("filigree.classify").tag("model", "sentiment").timer().count()).isEqualTo(1);
            assertThat(registry.get("filigree.classify.failures").tag("exception", "InvalidInputException").counter().count()).isEqualTo(1);
        });
    }

    @Test
    void severalModelsAreMeasuredByName() {
        runner.withPropertyValues("filigree.models.first.location=" + file, "filigree.models.second.location=" + file,
                "filigree.models.vectors.location=" + file, "filigree.models.vectors.kind=encoder").run(context -> {
                    context.getBean("second", Classifier.class).classify(TestModel.TEXT);
                    context.getBean(Encoder.class).embed(TestModel.TEXT);

                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    assertThat(registry.get("filigree.classify").tag("model", "first").timer().count()).isZero();
                    assertThat(registry.get("filigree.classify").tag("model", "second").timer().count()).isEqualTo(1);
                    assertThat(registry.get("filigree.embed").tag("model", "vectors").timer().count()).isEqualTo(1);
                });
    }

    @Test
    void metersCanBeTurnedOff() {
        runner.withPropertyValues("filigree.model=" + file, "management.metrics.enable.filigree=false").run(context -> {
            context.getBean(Classifier.class).classify(TestModel.TEXT);
            assertThat(context.getBean(MeterRegistry.class).find("filigree.classify").timer()).isNull();
        });
    }

    @Test
    void aListenerOfTheApplicationIsToldBesideTheMetersEvenIfAnotherThrows() {
        List<Integer> told = new ArrayList<>();
        runner.withPropertyValues("filigree.model=" + file)
                .withBean("broken", ClassifierListener.class, () -> new ClassifierListener() {
                    @Override
                    public void completed(CallTimings call) {
                        throw new IllegalStateException("This listener is broken.");
                    }
                })
                .withBean("listening", ClassifierListener.class, () -> new ClassifierListener() {
                    @Override
                    public void completed(CallTimings call) {
                        told.add(call.texts());
                    }
                })
                .run(context -> {
                    assertThat(context.getBean(Classifier.class).classify(TestModel.TEXT).logits()).isEqualTo(TestModel.logits(file));
                    assertThat(told).containsExactly(1);
                    assertThat(context.getBean(MeterRegistry.class).get("filigree.classify").timer().count()).isEqualTo(1);
                });
    }

    @Test
    void withoutARegistryNothingIsMeasured() {
        new ApplicationContextRunner().withConfiguration(
                        AutoConfigurations.of(FiligreeAutoConfiguration.class, FiligreeMetricsAutoConfiguration.class))
                .withPropertyValues("filigree.model=" + file)
                .run(context -> assertThat(context).hasSingleBean(Classifier.class).doesNotHaveBean(ClassifierListenerFactory.class));
    }
}
