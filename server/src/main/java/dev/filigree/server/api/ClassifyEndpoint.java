package dev.filigree.server.api;

import dev.filigree.server.http.Answer;
import dev.filigree.server.http.Endpoint;
import dev.filigree.server.http.Pending;
import dev.filigree.server.http.Request;
import dev.filigree.server.http.Route;
import java.util.function.Consumer;

/** {@code POST /v1/classify}, in JSON or in protobuf; refusals are JSON always. Thread-safe. */
public record ClassifyEndpoint(ClassifyService service) implements Endpoint {
    /** The route, to be offered by a server. */
    public Route route() {
        return Route.post("/v1/classify", this, ClassifyFormat.mediaTypes()).admitting(service::admit);
    }

    @Override
    public Pending answer(Request request, Consumer<Answer> done) {
        service.admit();
        ClassifyRequest asked = ClassifyFormat.of(request).parse(request.body());
        ClassifyService.Origin origin = ClassifyService.Origin.of(request);
        return service.submit(asked.query(), origin, result -> done.accept(answer(request, asked, result)));
    }

    private static Answer answer(Request request, ClassifyRequest asked, ClassifyService.Result result) {
        return switch (result) {
            case ClassifyService.Answered answered -> {
                ClassifyResponse response = ClassifyResponse.of(answered, asked, System.nanoTime() - request.received());
                yield ClassifyFormat.wanted(request).answer(response).by(answered.model());
            }
            case ClassifyService.Failed failed -> Answer.error(failed.error()).by(failed.model());
        };
    }
}
