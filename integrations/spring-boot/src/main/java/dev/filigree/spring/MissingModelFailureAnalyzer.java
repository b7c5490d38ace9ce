package dev.filigree.spring;

import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.Encoder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.analyzer.AbstractInjectionFailureAnalyzer;
import org.springframework.core.annotation.Order;

/** Tells whoever wants a model to be injected, and has named none, which property does. Comes before Spring's advice to define a bean. */
@Order(-1)
final class MissingModelFailureAnalyzer extends AbstractInjectionFailureAnalyzer<NoSuchBeanDefinitionException> {
    @Override
    protected @Nullable FailureAnalysis analyze(
            Throwable rootFailure, NoSuchBeanDefinitionException failure, @Nullable String description) {
        String who = Optional.ofNullable(description).orElse("A component");
        return action(failure).map(action -> new FailureAnalysis(
                who + " required a bean of type '" + failure.getBeanType().getName() + "' that could not be found.", action, failure))
                .orElse(null);
    }

    private static Optional<String> action(NoSuchBeanDefinitionException failure) {
        if (failure.getNumberOfBeansFound() > 0) {
            return Optional.empty();
        }
        if (failure.getBeanType() == Classifier.class) {
            return Optional.of("Set filigree.model to the model's file, or filigree.models.NAME.location for each of several.");
        }
        if (failure.getBeanType() == Encoder.class) {
            return Optional.of("Set filigree.models.NAME.location to the model's file, and filigree.models.NAME.kind=encoder.");
        }
        return Optional.empty();
    }
}
