package dev.filigree.spring;

import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.Encoder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

/**
 * Shows every model in the application's health, as {@code filigree}, or as {@code filigree/NAME} where there are several;
 * {@code management.health.filigree.enabled=false} does not.
 */
@AutoConfiguration(after = FiligreeAutoConfiguration.class)
@ConditionalOnClass({HealthContributor.class, ConditionalOnEnabledHealthIndicator.class})
@Conditional(FiligreeHealthAutoConfiguration.OnModel.class)
public final class FiligreeHealthAutoConfiguration {
    @Bean
    @ConditionalOnEnabledHealthIndicator("filigree")
    @ConditionalOnMissingBean(name = {"filigreeHealthIndicator", "filigreeHealthContributor"})
    HealthContributor filigreeHealthContributor(Map<String, Classifier> classifiers, Map<String, Encoder> encoders) {
        Map<String, HealthIndicator> models = new LinkedHashMap<>();
        classifiers.forEach((name, open) -> models.put(name, new FiligreeHealthIndicator(open.model(), open.provider())));
        encoders.forEach((name, open) -> models.put(name, new FiligreeHealthIndicator(open.model(), open.provider())));
        return models.size() == 1 ? models.values().iterator().next() : CompositeHealthContributor.fromMap(models);
    }

    /** There is a model, whoever made it. */
    static final class OnModel extends AnyNestedCondition {
        OnModel() {
            super(ConfigurationPhase.REGISTER_BEAN);
        }

        @ConditionalOnBean(Classifier.class)
        static final class OnClassifier {}

        @ConditionalOnBean(Encoder.class)
        static final class OnEncoder {}
    }
}
