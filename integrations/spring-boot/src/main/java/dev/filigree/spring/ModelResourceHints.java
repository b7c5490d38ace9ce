package dev.filigree.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotContribution;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;

/** Takes the models that the settings name on the class path into a native image. */
final class ModelResourceHints implements BeanFactoryInitializationAotProcessor {
    @Override
    public @Nullable BeanFactoryInitializationAotContribution processAheadOfTime(ConfigurableListableBeanFactory beans) {
        Environment environment = beans.getBean(Environment.class);
        return (generation, code) -> ModelSettings.of(environment).values().stream()
                .map(ModelSettings::location)
                .filter(location -> location.startsWith(ResourceLoader.CLASSPATH_URL_PREFIX))
                .map(location -> location.substring(ResourceLoader.CLASSPATH_URL_PREFIX.length()).replaceFirst("^/", ""))
                .forEach(name -> generation.getRuntimeHints().resources().registerPattern(name));
    }
}
