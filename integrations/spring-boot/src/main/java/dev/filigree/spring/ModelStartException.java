package dev.filigree.spring;

/** A model that the settings ask for and that cannot be opened. */
final class ModelStartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ModelSettings model;

    /** Says which setting asks for it, and what is wrong. */
    ModelStartException(ModelSettings model, Exception cause) {
        super("The model of " + model.property() + "=" + model.location() + " cannot be opened: " + cause.getMessage(), cause);
        this.model = model;
    }

    ModelSettings model() {
        return model;
    }
}
