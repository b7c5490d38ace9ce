package dev.filigree.server.openinference;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.filigree.server.api.ClassifyService;
import dev.filigree.server.http.Answer;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.http.Endpoint;
import dev.filigree.server.http.Pending;
import dev.filigree.server.http.Request;
import dev.filigree.server.http.Route;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The protocol over REST. Its errors are {@code {"error": "sentence"}}. Thread-safe.
 *
 * @param protocol answers
 * @param serverVersion version of the server
 * @param ready whether new requests are welcome
 */
public record RestEndpoints(OpenInference protocol, String serverVersion, BooleanSupplier ready) {
    /** With this header clients of the binary tensor data extension say where the JSON ends. */
    private static final String BINARY_HEADER = "Inference-Header-Content-Length";
    private static final String MODEL = "model";
    private static final String VERSION = "version";

    private record Live(boolean live) {}

    /** The specification's text says {@code live} where its readers expect {@code ready}; both find what they look for. */
    private record Ready(boolean live, boolean ready) {}

    private record Server(String name, String version, List<String> extensions) {}

    private record ModelReady(String name, boolean ready) {}

    private record Model(
            String name,
            List<String> versions,
            String platform,
            List<TensorSpec> inputs,
            List<TensorSpec> outputs,
            Map<String, String> properties) {}

    private record Tensor(String name, List<Integer> shape, Datatype datatype, Object data) {
        static Tensor of(OutputTensor tensor) {
            Object data = switch (tensor) {
                case OutputTensor.Texts texts -> texts.data();
                case OutputTensor.Floats floats -> floats.data();
                case OutputTensor.Flags flags -> flags.data();
            };
            return new Tensor(tensor.output().tensor(), tensor.shape(), tensor.output().datatype(), data);
        }
    }

    private record Inferred(
            @JsonProperty("model_name") String model,
            @JsonProperty("model_version") String version,
            @JsonInclude(JsonInclude.Include.NON_NULL) String id,
            List<Tensor> outputs) {}

    private record Failure(String error) {}

    /** Every path of the protocol. */
    public List<Route> routes() {
        Endpoint metadata = Endpoint.now(_ -> ok(new Server(OpenInference.SERVER, serverVersion, List.of())));
        Stream<Route> server = Stream.of(
                Route.get("/v2", metadata),
                Route.get("/v2/", metadata),
                Route.get("/v2/health/live", Endpoint.now(_ -> ok(new Live(true)))).open(),
                Route.get("/v2/health/ready", Endpoint.now(_ -> serverReady())).open());
        Stream<Route> models = Stream.of("/v2/models/{model}", "/v2/models/{model}/versions/{version}").flatMap(path -> Stream.of(
                Route.get(path, Endpoint.now(this::model)),
                Route.get(path + "/ready", Endpoint.now(this::modelReady)),
                Route.post(path + "/infer", this::infer, Answer.JSON).admitting(protocol.service()::admit)));
        return Stream.concat(server, models).map(route -> route.failing(RestEndpoints::failure)).toList();
    }

    private Answer serverReady() {
        boolean welcome = ready.getAsBoolean();
        return Answer.json(welcome ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE, new Ready(true, welcome));
    }

    private Answer model(Request request) {
        ModelSignature model = protocol.model(request.variables().get(MODEL), version(request));
        return ok(new Model(
                model.name(),
                List.of(ModelSignature.VERSION),
                ModelSignature.PLATFORM,
                model.inputs(),
                model.outputs(),
                model.properties())).by(model.name());
    }

    private Answer modelReady(Request request) {
        String model = request.variables().get(MODEL);
        boolean welcome = protocol.isReady(model, version(request)) && ready.getAsBoolean();
        return Answer.json(welcome ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE, new ModelReady(model, welcome));
    }

    private static Optional<String> version(Request request) {
        return Optional.ofNullable(request.variables().get(VERSION));
    }

    private Pending infer(Request request, Consumer<Answer> done) {
        protocol.service().admit();
        if (request.headers().contains(BINARY_HEADER)) {
            throw Parameters.binary(BINARY_HEADER);
        }
        String model = request.variables().get(MODEL);
        ClassifyService.Origin origin = ClassifyService.Origin.of(request);
        return protocol.infer(model, version(request), RestRequest.parse(request.body()), origin, result ->
                done.accept((switch (result) {
                    case OpenInference.Answered answered -> ok(inferred(answered.response()));
                    case OpenInference.Failed failed -> failure(failed.error());
                }).by(result.model())));
    }

    private static Inferred inferred(InferResponse response) {
        return new Inferred(
                response.model(),
                ModelSignature.VERSION,
                response.id().orElse(null),
                response.outputs().stream().map(Tensor::of).toList());
    }

    private static Answer ok(Object value) {
        return Answer.json(HttpResponseStatus.OK, value);
    }

    private static Answer failure(ApiException e) {
        return Answer.json(e.status(), new Failure(e.getMessage())).with(e.headers());
    }
}
