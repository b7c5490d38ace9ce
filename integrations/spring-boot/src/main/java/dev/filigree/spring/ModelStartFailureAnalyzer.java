package dev.filigree.spring;

import dev.filigree.format.ModelFormatException;
import dev.filigree.runtime.GoldenExampleException;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import java.io.FileNotFoundException;
import java.nio.file.Path;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Tells who starts the application what to do about a model that cannot be opened. */
final class ModelStartFailureAnalyzer extends AbstractFailureAnalyzer<ModelStartException> {
    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ModelStartException failure) {
        return new FailureAnalysis(failure.getMessage(), action(failure.model(), failure.getCause()), failure);
    }

    private static String action(ModelSettings model, Throwable cause) {
        return switch (cause) {
            case FileNotFoundException _ -> whereToPutIt(model);
            case ModelFormatException refused -> switch (refused.refusal()) {
                case UNREADABLE, NOT_A_FILE -> whereToPutIt(model);
                case VERSION_TOO_NEW -> "Use the version of Filigree that packed the file, or a newer one.";
                default -> "Copy the file again from where it was packed; a build that filters resources must leave files of models alone.";
            };
            case ProviderRefusedException _ -> "Leave the choice to the machine, with " + model.providerProperty() + "=auto.";
            case GoldenExampleException _ ->
                    "Try " + model.providerProperty() + "=reference: if it fails too, copy the file again from where it was packed.";
            default -> "Look at the file with './filigree verify'.";
        };
    }

    private static String whereToPutIt(ModelSettings model) {
        return "Put the file there or correct " + model.property() + ": a path is taken from the folder in which the application runs ("
                + Path.of("").toAbsolutePath() + "), classpath: and a name from its resources.";
    }
}
