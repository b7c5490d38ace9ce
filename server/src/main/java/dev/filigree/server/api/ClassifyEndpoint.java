package dev.filigree.server.api;

import dev.filigree.server.http.Answer;
import dev.filigree.server.http.Endpoint;
import dev.filigree.server.http.Pending;
import dev.filigree.server.http.Request;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.function.Consumer;

/** {@code POST /v1/classify}. Thread-safe. */
public record ClassifyEndpoint(ClassifyService service) implements Endpoint {
    @Override
    public Pending answer(Request request, Consumer<Answer> done) {
        ClassifyRequest asked = ClassifyRequest.parse(request.body());
        return service.submit(asked.query(), request.deadline(), result -> done.accept(answer(request, asked, result)));
    }

    private static Answer answer(Request request, ClassifyRequest asked, ClassifyService.Result result) {
        return switch (result) {
            case ClassifyService.Answered answered -> Answer.json(
                    HttpResponseStatus.OK,
                    ClassifyResponse.of(answered, asked, System.nanoTime() - request.received())).by(answered.model());
            case ClassifyService.Failed failed -> Answer.error(failed.error()).by(failed.model());
        };
    }
}
