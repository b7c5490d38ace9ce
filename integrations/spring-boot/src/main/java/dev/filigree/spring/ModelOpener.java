package dev.filigree.spring;

import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.ClassifierListener;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.ModelBuilder;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.StringUtils;

/** Opens the models of the settings; the application context closes them. */
final class ModelOpener {
    /** The bean's name. */
    static final String BEAN = "filigreeModelOpener";

    private static final Logger LOG = LoggerFactory.getLogger(ModelOpener.class);

    private final Map<String, ModelSettings> models;
    private final ResourceLoader resources;
    private final BeanFactory beans;

    ModelOpener(Map<String, ModelSettings> models, ResourceLoader resources, BeanFactory beans) {
        this.models = models;
        this.resources = resources;
        this.beans = beans;
        if (models.values().stream().anyMatch(ModelSettings::mayCallNativeCode)) {
            NativeAccess.advice(Classifier.class.getModule()).ifPresent(LOG::info);
        }
    }

    /**
     * The classifier of this bean.
     *
     * @throws ModelStartException when its file cannot be opened
     */
    Classifier openClassifier(String bean) {
        return open(Classifier.builder(), models.get(bean));
    }

    /**
     * The encoder of this bean.
     *
     * @throws ModelStartException when its file cannot be opened
     */
    Encoder openEncoder(String bean) {
        ModelSettings model = models.get(bean);
        return open(Encoder.builder().pooling(model.pooling()), model);
    }

    private <T> T open(ModelBuilder<T, ?> builder, ModelSettings model) {
        builder.provider(model.provider());
        builder.threads(model.threads());
        builder.verify(model.verify());
        model.executor().map(this::executor).ifPresent(builder::executor);
        List<ClassifierListener> listeners = listeners(model);
        if (!listeners.isEmpty()) {
            builder.listener(new ListenerGroup(listeners));
        }
        try {
            return open(builder, resources.getResource(model.location()));
        } catch (IOException | RuntimeException e) {
            throw new ModelStartException(model, e);
        }
    }

    /** A file is mapped where it lies; what is within a jar is read. */
    private static <T> T open(ModelBuilder<T, ?> builder, Resource resource) throws IOException {
        if (!resource.exists()) {
            throw new FileNotFoundException("There is no " + resource.getDescription() + ".");
        }
        if (resource.isFile()) {
            return builder.open(resource.getFilePath());
        }
        try (InputStream stream = resource.getInputStream()) {
            return builder.open(stream);
        }
    }

    private Executor executor(String name) {
        try {
            return beans.getBean(name, Executor.class);
        } catch (NoSuchBeanDefinitionException _) {
            throw new InvalidConfigurationPropertyValueException("filigree.executor", name,
                    "There is no bean of that name: write the name of an Executor bean, such as applicationTaskExecutor.");
        }
    }

    private List<ClassifierListener> listeners(ModelSettings model) {
        return Stream.concat(
                beans.getBeanProvider(ClassifierListenerFactory.class).orderedStream()
                        .map(factory -> factory.listener(title(model), model.kind())),
                beans.getBeanProvider(ClassifierListener.class).orderedStream()).toList();
    }

    /** What people call the model: the name it was given, else its file's. */
    private static String title(ModelSettings model) {
        return model.name().equals(ModelSettings.SINGLE)
                ? StringUtils.stripFilenameExtension(StringUtils.getFilename(model.location())) : model.name();
    }
}
