package dev.filigree.runtime.kernel;

/** No provider that may run the model can run it here; the message gives each provider's reason and what to change. */
public final class ProviderRefusedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /** Says why. */
    public ProviderRefusedException(String message) {
        super(message);
    }

    /** Says why, and what it was that failed. */
    public ProviderRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
