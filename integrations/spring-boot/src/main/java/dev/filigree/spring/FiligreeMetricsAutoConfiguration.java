package dev.filigree.spring;

import dev.filigree.micrometer.CallMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Records what every model does in the application's {@link MeterRegistry}, where there is one. {@link CallMetrics} has the names. */
@AutoConfiguration(afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass({MeterRegistry.class, CallMetrics.class})
@ConditionalOnBean(MeterRegistry.class)
public final class FiligreeMetricsAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean(name = "filigreeMetrics")
    ClassifierListenerFactory filigreeMetrics(MeterRegistry registry) {
        return (model, kind) -> switch (kind) {
            case CLASSIFIER -> CallMetrics.ofClassifier(registry, model);
            case ENCODER -> CallMetrics.ofEncoder(registry, model);
        };
    }
}
