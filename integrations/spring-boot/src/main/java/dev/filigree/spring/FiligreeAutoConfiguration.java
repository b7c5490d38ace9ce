package dev.filigree.spring;

import dev.filigree.runtime.Classifier;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.core.io.ResourceLoader;

/**
 * Makes beans of the models that {@link FiligreeProperties} name: of {@code filigree.model} the primary {@link Classifier}, unless the
 * application has one; of each of {@code filigree.models} a bean of its name. They are opened as the application starts and closed as it
 * ends.
 */
@AutoConfiguration
@EnableConfigurationProperties(FiligreeProperties.class)
@Import(ModelBeans.class)
public final class FiligreeAutoConfiguration {
    @Bean(ModelOpener.BEAN)
    ModelOpener filigreeModelOpener(FiligreeProperties properties, ResourceLoader resources, BeanFactory beans) {
        return new ModelOpener(ModelSettings.of(properties), ApplicationResourceLoader.get(resources, true), beans);
    }

    @Bean
    @Primary
    @ConditionalOnMissingBean
    @ConditionalOnProperty("filigree.model")
    Classifier filigreeClassifier(ModelOpener opener) {
        return opener.openClassifier(ModelSettings.SINGLE);
    }
}
