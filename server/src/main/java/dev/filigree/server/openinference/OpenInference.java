package dev.filigree.server.openinference;

import dev.filigree.server.api.ClassifyService;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.http.Pending;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The protocol without a transport. Thread-safe.
 *
 * @param service classifies
 * @param models the signature of the model served under a name; throws {@link ApiException} when there is none
 */
public record OpenInference(ClassifyService service, Function<String, ModelSignature> models) {
    /** What the server is called. */
    public static final String SERVER = "filigree";

    /** How a request ended. */
    public sealed interface Result {}

    /**
     * Well.
     *
     * @param response the answer
     */
    public record Answered(InferResponse response) implements Result {}

    /**
     * Badly, after it had been taken in.
     *
     * @param error what to tell the client
     */
    public record Failed(ApiException error) implements Result {}

    /**
     * What the protocol says of a model.
     *
     * @param version if the client asks for one
     * @throws ApiException when there is no such model, or not in this version
     */
    public ModelSignature model(String name, Optional<String> version) {
        ModelSignature model = models.apply(name);
        version.ifPresent(model::requireVersion);
        return model;
    }

    /**
     * Has a request answered.
     *
     * @param model name of the model
     * @param version of the model, if the client asks for one
     * @param deadline {@link System#nanoTime} after which the answer is of no use
     * @param done given the result, once, on a thread of the batcher
     * @throws ApiException when the request is refused; there is no result then
     */
    public Pending infer(String model, Optional<String> version, InferRequest request, OptionalLong deadline, Consumer<Result> done) {
        Inference inference = Inference.of(request, model(model, version));
        return service.submit(inference.query(), deadline, result -> done.accept(switch (result) {
            case ClassifyService.Answered answered -> new Answered(respond(answered, request.id(), inference.outputs()));
            case ClassifyService.Failed failed -> new Failed(failed.error());
        }));
    }

    private static InferResponse respond(ClassifyService.Answered answered, Optional<String> id, List<Output> outputs) {
        return new InferResponse(answered.model(), id, outputs.stream().map(output -> output.of(answered.answers())).toList());
    }
}
