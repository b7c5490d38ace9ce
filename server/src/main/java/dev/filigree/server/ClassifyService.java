package dev.filigree.server;

import dev.filigree.runtime.InvalidInputException;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.server.batch.Batcher;
import dev.filigree.server.batch.Outcome;
import dev.filigree.server.batch.Ticket;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** {@code POST /v1/classify} without HTTP: the body in, the answer out. Thread-safe. */
record ClassifyService(ServedModels models, Batcher batcher, int mostInputs) {
    /**
     * Parses and tokenizes a request and hands it to the batcher.
     *
     * @param deadline {@link System#nanoTime} after which the answer is of no use
     * @param done given the answer, on a thread of the batcher
     * @throws ApiException when the request is refused; there is no other answer then
     */
    Ticket ask(byte[] body, OptionalLong deadline, Consumer<Answer> done) {
        ClassifyRequest request = ClassifyRequest.parse(body, mostInputs);
        ServedModels.Named model = models.find(request.model());
        try {
            List<TokenizedText> texts = model.classifier().tokenize(request.inputs());
            return batcher.submit(model.classifier(), texts, deadline, outcome -> done.accept(answer(model.name(), outcome)));
        } catch (InvalidInputException e) {
            throw ApiException.badRequest("invalid_input", e.getMessage());
        } catch (RejectedExecutionException e) {
            throw ApiException.overloaded();
        }
    }

    private static Answer answer(String model, Outcome outcome) {
        return switch (outcome) {
            case Outcome.Answered answered -> Answer.of(HttpResponseStatus.OK, ClassifyResponse.of(model, answered.answers()));
            case Outcome.Failed _ -> Answer.error(ApiException.internal());
            case Outcome.Expired _ -> Answer.error(new ApiException(
                    HttpResponseStatus.GATEWAY_TIMEOUT, "deadline_passed", "The request's deadline passed before it was computed."));
        };
    }
}
