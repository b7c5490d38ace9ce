package dev.filigree.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.filigree.runtime.CallTimings;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.ClassifierListener;
import dev.filigree.runtime.ClosedClassifierException;
import dev.filigree.runtime.ClosedEncoderException;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TextInput;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class ClassifierBeanTest {
    @TempDir
    private Path folder;
    private Path file;

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    FiligreeAutoConfiguration.class, FiligreeHealthAutoConfiguration.class, FiligreeMetricsAutoConfiguration.class));

    @BeforeEach
    void write() throws IOException {
        file = TestModel.write(folder.resolve("sentiment.filigree"), 1);
    }

    @Test
    void withoutAModelThereIsNoBean() {
        runner.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(Classifier.class).doesNotHaveBean(Encoder.class));
    }

    @Test
    void aPathIsOpenedAndAnswersAsTheClassifierDoes() {
        runner.withPropertyValues("filigree.model=" + file).run(context -> assertThat(
                context.getBean(Classifier.class).classify(TestModel.TEXT).logits()).isEqualTo(TestModel.logits(file)));
    }

    @Test
    void aUrlIsOpened() {
        runner.withPropertyValues("filigree.model=" + file.toUri()).run(context -> assertThat(
                context.getBean(Classifier.class).classify(TestModel.TEXT).logits()).isEqualTo(TestModel.logits(file)));
    }

    @Test
    void aResourceWithinAJarIsOpened() throws IOException {
        Path jar = folder.resolve("models.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new JarEntry("models/sentiment.filigree"));
            Files.copy(file, out);
        }

        URL[] urls = {jar.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(urls, getClass().getClassLoader())) {
            runner.withClassLoader(loader).withPropertyValues("filigree.model=classpath:models/sentiment.filigree").run(context ->
                    assertThat(context.getBean(Classifier.class).classify(TestModel.TEXT).logits()).isEqualTo(TestModel.logits(file)));
        }
    }

    @Test
    void theSettingsReachTheClassifier() {
        runner.withPropertyValues("filigree.model=" + file, "filigree.provider=reference").run(context -> assertThat(
                context.getBean(Classifier.class).provider()).isEqualTo("reference"));
    }

    @Test
    void theApplicationsOwnClassifierIsLeftAlone() {
        runner.withPropertyValues("filigree.model=" + file).withBean("mine", Classifier.class, () -> TestModel.open(file))
                .run(context -> assertThat(context).hasSingleBean(Classifier.class).hasBean("mine"));
    }

    @Test
    void theModelIsClosedWithTheContext() {
        List<Classifier> classifiers = new ArrayList<>();
        List<Encoder> encoders = new ArrayList<>();

        runner.withPropertyValues("filigree.model=" + file, "filigree.models.other.location=" + file,
                "filigree.models.vectors.location=" + file, "filigree.models.vectors.kind=encoder").run(context -> {
                    classifiers.addAll(context.getBeansOfType(Classifier.class).values());
                    encoders.addAll(context.getBeansOfType(Encoder.class).values());
                });

        assertThat(classifiers).hasSize(2).allSatisfy(closed ->
                assertThatExceptionOfType(ClosedClassifierException.class).isThrownBy(() -> closed.classify(TestModel.TEXT)));
        assertThat(encoders).hasSize(1).allSatisfy(closed ->
                assertThatExceptionOfType(ClosedEncoderException.class).isThrownBy(() -> closed.embed(TestModel.TEXT)));
    }

    @Configuration(proxyBeanMethods = false)
    static class Ensemble {
        @Bean
        List<Classifier> ensemble(@Qualifier("small") Classifier small, @Qualifier("large") Classifier large, Classifier any) {
            return List.of(small, large, any);
        }
    }

    @Test
    void severalModelsAreBeansByNameAndTheSingleOneIsPrimary() throws IOException {
        Path small = TestModel.write(folder.resolve("a.filigree"), 2);
        Path large = TestModel.write(folder.resolve("b.filigree"), 3);

        runner.withPropertyValues(
                        "filigree.model=" + file, "filigree.models.small.location=" + small, "filigree.models.large.location=" + large)
                .withUserConfiguration(Ensemble.class).run(context -> {
                    @SuppressWarnings("unchecked")
                    List<Classifier> ensemble = (List<Classifier>) context.getBean("ensemble");
                    assertThat(ensemble.get(0).classify(TestModel.TEXT).logits()).isEqualTo(TestModel.logits(small));
                    assertThat(ensemble.get(2).classify(TestModel.TEXT).logits()).isEqualTo(TestModel.logits(file));
                    assertThat(ensemble.get(1).classify(TestModel.TEXT).logits()).isEqualTo(TestModel.logits(large));
                });
    }

    @Test
    void oneOfSeveralHasItsOwnSettings() {
        runner.withPropertyValues("filigree.provider=cpu", "filigree.models.exact.location=" + file,
                "filigree.models.exact.provider=reference", "filigree.models.fast.location=" + file).run(context -> {
                    assertThat(context.getBean("exact", Classifier.class).provider()).isEqualTo("reference");
                    assertThat(context.getBean("fast", Classifier.class).provider()).isNotEqualTo("reference");
                });
    }

    @Test
    void aBeanOfTheModelsNameTakesItsPlace() {
        Classifier mine = TestModel.open(file);
        runner.withPropertyValues("filigree.models.sentiment.location=" + folder.resolve("absent"))
                .withBean("sentiment", Classifier.class, () -> mine)
                .run(context -> assertThat(context.getBean("sentiment")).isSameAs(mine));
    }

    @Test
    void anEncoderEmbedsAsTheRuntimeDoes() {
        runner.withPropertyValues("filigree.models.vectors.location=" + file, "filigree.models.vectors.kind=encoder",
                "filigree.models.vectors.pooling=cls").run(context -> {
                    assertThat(context).doesNotHaveBean(Classifier.class);
                    try (Encoder plain = Encoder.builder().pooling(Encoder.Pooling.CLS).open(file)) {
                        assertThat(context.getBean(Encoder.class).embed(TestModel.TEXT)).isEqualTo(plain.embed(TestModel.TEXT));
                    }
                });
    }

    @Test
    void asynchronousCallsRunOnTheExecutorThatIsNamed() {
        List<String> threads = new ArrayList<>();
        runner.withPropertyValues("filigree.model=" + file, "filigree.executor=scoring")
                .withBean("scoring", Executor.class, () -> task -> {
                    threads.add("scoring");
                    task.run();
                }).run(context -> {
                    assertThat(answer(context.getBean(Classifier.class))).isEqualTo(TestModel.logits(file));
                    assertThat(threads).containsExactly("scoring");
                });
    }

    @Test
    void theApplicationsExecutorMayRunVirtualThreads() {
        List<Boolean> virtual = new ArrayList<>();
        runner.withConfiguration(AutoConfigurations.of(TaskExecutionAutoConfiguration.class))
                .withPropertyValues("filigree.model=" + file, "filigree.executor=applicationTaskExecutor", "filigree.threads=2",
                        "spring.threads.virtual.enabled=true")
                .withBean(ClassifierListener.class, () -> new ClassifierListener() {
                    @Override
                    public void completed(CallTimings call) {
                        virtual.add(Thread.currentThread().isVirtual());
                    }
                })
                .run(context -> {
                    assertThat(answer(context.getBean(Classifier.class))).isEqualTo(TestModel.logits(file));
                    assertThat(virtual).containsExactly(true);
                });
    }

    private static float[] answer(Classifier classifier) throws InterruptedException, ExecutionException {
        return classifier.classifyAsync(List.of(TextInput.of(TestModel.TEXT))).get().getFirst().logits();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}

    @Test
    void anApplicationFindsAllOfIt() {
        new ApplicationContextRunner().withUserConfiguration(Application.class).withPropertyValues("filigree.model=" + file)
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Classifier.class)
                        .hasBean("filigreeMetrics").hasBean("filigreeHealthContributor"));
    }

    @Test
    void neitherMicrometerNorHealthNeedsToBeThere() {
        runner.withClassLoader(new FilteredClassLoader("io.micrometer", "org.springframework.boot.health"))
                .withPropertyValues("filigree.model=" + file)
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Classifier.class)
                        .doesNotHaveBean("filigreeMetrics").doesNotHaveBean("filigreeHealthContributor"));
    }
}
