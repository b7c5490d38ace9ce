package dev.filigree.server;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.InvalidInputException;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code POST /v1/classify} without HTTP: the body in, the answer out, whatever goes wrong. Thread-safe. */
record ClassifyService(ServedModels models, int mostInputs) {
    private static final Logger LOG = LoggerFactory.getLogger(ClassifyService.class);

    Answer answer(byte[] body) {
        try {
            ClassifyRequest request = ClassifyRequest.parse(body, mostInputs);
            ServedModels.Named model = models.find(request.model());
            List<Classification> classifications = model.classifier().classify(request.inputs());
            return Answer.of(HttpResponseStatus.OK, ClassifyResponse.of(model.name(), classifications));
        } catch (ApiException e) {
            return Answer.error(e);
        } catch (InvalidInputException e) {
            return Answer.error(ApiException.badRequest("invalid_input", e.getMessage()));
        } catch (RuntimeException | Error e) {
            // One request's fault, even an Error, must not take the thread that serves all others.
            LOG.error("A request failed.", e);
            return Answer.error(new ApiException(
                    HttpResponseStatus.INTERNAL_SERVER_ERROR, "internal", "The model failed on this request; the server's log says why."));
        }
    }
}
