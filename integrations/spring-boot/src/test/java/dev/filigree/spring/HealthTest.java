package dev.filigree.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.Classifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class HealthTest {
    @TempDir
    private Path folder;
    private Path file;

    private final ApplicationContextRunner runner = new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(
            FiligreeAutoConfiguration.class, FiligreeHealthAutoConfiguration.class, HealthContributorRegistryAutoConfiguration.class,
            HealthContributorAutoConfiguration.class, HealthEndpointAutoConfiguration.class));

    @BeforeEach
    void write() throws IOException {
        file = TestModel.write(folder.resolve("sentiment.filigree"), 1);
    }

    private static Health health(HealthContributor contributor) {
        return ((HealthIndicator) contributor).health();
    }

    @Test
    void aModelIsUpAndSaysWhatItIs() {
        runner.withPropertyValues("filigree.model=" + file, "filigree.provider=reference").run(context -> {
            Health health = health(context.getBean(HealthContributorRegistry.class).getContributor("filigree"));
            assertThat(health.getStatus()).isEqualTo(Status.UP);
            assertThat(health.getDetails()).containsEntry("task", "sentiment").containsEntry("provider", "reference")
                    .containsEntry("labels", List.of("negative", "positive")).hasSize(3);
        });
    }

    @Test
    void severalModelsAreShownByName() {
        runner.withPropertyValues("filigree.models.first.location=" + file, "filigree.models.second.location=" + file,
                "filigree.models.second.kind=encoder").run(context -> {
                    CompositeHealthContributor models =
                            (CompositeHealthContributor) context.getBean(HealthContributorRegistry.class).getContributor("filigree");
                    assertThat(models.stream().map(entry -> entry.name())).containsExactlyInAnyOrder("first", "second");
                    assertThat(health(models.getContributor("second")).getDetails()).containsEntry("task", "sentiment");
                });
    }

    @Test
    void aClassifierOfTheApplicationsOwnIsShown() {
        runner.withBean(Classifier.class, () -> TestModel.open(file)).run(context ->
                assertThat(health(context.getBean(HealthContributorRegistry.class).getContributor("filigree")).getStatus())
                        .isEqualTo(Status.UP));
    }

    @Test
    void withoutAModelThereIsNothingToShow() {
        runner.run(context -> assertThat(context).doesNotHaveBean("filigreeHealthContributor"));
    }

    @Test
    void itCanBeTurnedOff() {
        runner.withPropertyValues("filigree.model=" + file, "management.health.filigree.enabled=false")
                .run(context -> assertThat(context).hasSingleBean(Classifier.class).doesNotHaveBean("filigreeHealthContributor"));
    }

    @Test
    void theApplicationsOwnIndicatorTakesItsPlace() {
        runner.withPropertyValues("filigree.model=" + file)
                .withBean("filigreeHealthIndicator", HealthIndicator.class, () -> () -> Health.down().build())
                .run(context -> assertThat(health(context.getBean(HealthContributorRegistry.class).getContributor("filigree")).getStatus())
                        .isEqualTo(Status.DOWN));
    }
}
