package dev.filigree.spring;

import dev.filigree.runtime.ClassifierListener;

/**
 * Makes a listener for each model: a bean of this type is asked once for every model that the starter opens. A bean of type
 * {@link ClassifierListener} itself listens to all of them.
 */
@FunctionalInterface
public interface ClassifierListenerFactory {
    /**
     * A listener for one model.
     *
     * @param model its name under {@code filigree.models}; for {@code filigree.model} its file's name without the ending
     * @param kind what the model is opened as
     */
    ClassifierListener listener(String model, FiligreeProperties.Kind kind);
}
