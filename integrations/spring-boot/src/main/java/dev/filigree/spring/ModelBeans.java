package dev.filigree.spring;

import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.Encoder;
import java.util.Map;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionBuilder;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/** Defines a bean for each of {@code filigree.models}, except where the application has one of that name and type. */
final class ModelBeans implements ImportBeanDefinitionRegistrar {
    private final Environment environment;
    private final BeanFactory beans;

    ModelBeans(Environment environment, BeanFactory beans) {
        this.environment = environment;
        this.beans = beans;
    }

    @Override
    public void registerBeanDefinitions(AnnotationMetadata importing, BeanDefinitionRegistry registry) {
        Map<String, ModelSettings> models = ModelSettings.of(environment);
        models.remove(ModelSettings.SINGLE);
        models.forEach((name, model) -> {
            Class<?> type = type(model.kind());
            if (!registry.isBeanNameInUse(name)) {
                registry.registerBeanDefinition(name, BeanDefinitionBuilder.rootBeanDefinition(type)
                        .setFactoryMethodOnBean("open" + type.getSimpleName(), ModelOpener.BEAN)
                        .addConstructorArgValue(name)
                        .getBeanDefinition());
            } else if (!beans.isTypeMatch(name, type)) {
                throw new InvalidConfigurationPropertyValueException(model.property(), model.location(), "Its bean would be called '" + name
                        + "', but the application has another bean of that name, which is no " + type.getSimpleName()
                        + ": give the model another name.");
            }
        });
    }

    private static Class<?> type(FiligreeProperties.Kind kind) {
        return switch (kind) {
            case CLASSIFIER -> Classifier.class;
            case ENCODER -> Encoder.class;
        };
    }
}
