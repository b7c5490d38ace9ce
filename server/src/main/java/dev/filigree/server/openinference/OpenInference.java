package dev.filigree.server.openinference;

import dev.filigree.server.api.ClassifyService;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.http.Pending;
import dev.filigree.server.model.ModelFacts;
import dev.filigree.server.model.ModelLease;
import dev.filigree.server.model.ModelStatus;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The protocol without a transport. Thread-safe.
 *
 * @param service classifies
 */
public record OpenInference(ClassifyService service) {
    /** What the server is called. */
    public static final String SERVER = "filigree";

    /** How a request ended. */
    public sealed interface Result {
        /** The model that was asked. */
        String model();
    }

    /**
     * Well.
     *
     * @param response the answer
     */
    public record Answered(InferResponse response) implements Result {
        @Override
        public String model() {
            return response.model();
        }
    }

    /**
     * Badly, after it had been taken in.
     *
     * @param model the model that was asked
     * @param error what to tell the client
     */
    public record Failed(String model, ApiException error) implements Result {}

    /**
     * What the protocol says of a model.
     *
     * @param version if the client asks for one
     * @throws ApiException when there is no such model, not in this version, or it is not loaded
     */
    public ModelSignature model(String name, Optional<String> version) {
        ModelLease model = service.models().acquire(Optional.of(name));
        try {
            ModelSignature.requireVersion(name, version);
            ModelFacts facts = model.classifier().facts();
            return new ModelSignature(name, facts.labels(), facts.pairs());
        } finally {
            model.release();
        }
    }

    /**
     * Whether a model answers.
     *
     * @param version if the client asks for one
     * @throws ApiException when there is no such model, or not in this version
     */
    public boolean isReady(String name, Optional<String> version) {
        ModelStatus status = service.models().get(name);
        ModelSignature.requireVersion(name, version);
        return status.loaded().isPresent();
    }

    /**
     * Has a request answered.
     *
     * @param model name of the model
     * @param version of the model, if the client asks for one
     * @param origin who asks
     * @param done given the result, once, on a thread of the batcher
     * @throws ApiException when the request is refused; there is no result then
     */
    public Pending infer(
            String model, Optional<String> version, InferRequest request, ClassifyService.Origin origin, Consumer<Result> done) {
        Inference inference = Inference.of(request, model(model, version));
        return service.submit(inference.query(), origin, result -> done.accept(switch (result) {
            case ClassifyService.Answered answered -> new Answered(respond(answered, request.id(), inference.outputs()));
            case ClassifyService.Failed failed -> new Failed(failed.model(), failed.error());
        }));
    }

    private static InferResponse respond(ClassifyService.Answered answered, Optional<String> id, List<Output> outputs) {
        return new InferResponse(answered.model(), id, outputs.stream().map(output -> output.of(answered.answers())).toList());
    }
}
