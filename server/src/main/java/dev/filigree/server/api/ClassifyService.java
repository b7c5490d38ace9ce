package dev.filigree.server.api;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.InvalidInputException;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.server.batch.Batcher;
import dev.filigree.server.batch.Outcome;
import dev.filigree.server.batch.Ticket;
import dev.filigree.server.config.Limits;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.http.Pending;
import dev.filigree.server.http.Request;
import dev.filigree.server.model.ModelLease;
import dev.filigree.server.model.ModelRegistry;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Classification without a protocol: texts in, answers out. Every door of the server leads here. Thread-safe. */
public record ClassifyService(ModelRegistry models, Batcher batcher, Limits limits, ClassifyObserver observer) {
    private static final Logger LOG = LoggerFactory.getLogger(ClassifyService.class);
    private static final ApiException DEADLINE_PASSED = new ApiException(
            HttpResponseStatus.GATEWAY_TIMEOUT, "deadline_passed", "The request's deadline passed before it was computed.");

    /**
     * What is asked.
     *
     * @param model name of a served model; may be left out when there is one
     * @param inputs what to classify, in order
     * @param truncate whether a text over the model's length is cut, and not refused
     */
    public record Query(Optional<String> model, List<TextInput> inputs, boolean truncate) {}

    /**
     * Who asks.
     *
     * @param requestId names the request in the log
     * @param deadline {@link System#nanoTime} after which the answer is of no use
     * @param lendsThread whether the calling thread may be kept as long as it takes to compute a small request
     */
    public record Origin(String requestId, OptionalLong deadline, boolean lendsThread) {
        /** Who sent a request over HTTP. */
        public static Origin of(Request request) {
            return new Origin(request.id(), request.deadline(), request.lendsThread());
        }

        private boolean hasExpired() {
            return deadline.isPresent() && System.nanoTime() - deadline.getAsLong() > 0;
        }
    }

    /** What came of it. */
    public sealed interface Result {}

    /**
     * Every text was classified.
     *
     * @param model the model that answered
     * @param answers one for each input, in order
     * @param timings where the time went
     */
    public record Answered(String model, List<Classification> answers, Timings timings) implements Result {}

    /**
     * It failed after it had been taken in.
     *
     * @param model the model that was asked
     * @param error what to tell the client
     */
    public record Failed(String model, ApiException error) implements Result {}

    /**
     * Where the time went.
     *
     * @param tokenizeNanos turning texts into tokens, in nanoseconds
     * @param queueNanos waiting for the first batch, in nanoseconds
     * @param computeNanos from there to the end of the last batch, in nanoseconds
     * @param batchTokens tokens of the largest batch it was part of
     */
    public record Timings(long tokenizeNanos, long queueNanos, long computeNanos, int batchTokens) {}

    /**
     * Refuses when too many requests wait already: before a body is parsed, so that what is refused costs next to nothing.
     *
     * @throws ApiException then
     */
    public void admit() {
        if (batcher.isFull()) {
            throw ApiException.OVERLOADED;
        }
    }

    /**
     * Tokenizes a request and hands it to the batcher.
     *
     * @param done given the result, once, on a thread of the batcher, or on the calling one where that was lent
     * @throws ApiException when the request is refused; there is no result then
     */
    public Pending submit(Query query, Origin origin, Consumer<Result> done) {
        admit();
        if (origin.hasExpired()) {
            throw DEADLINE_PASSED;
        }
        check(query.inputs());
        ModelLease model = models.acquire(query.model());
        try {
            return new Waiting(submit(model, query, origin, done));
        } catch (RejectedExecutionException e) {
            model.release();
            throw ApiException.OVERLOADED;
        } catch (RuntimeException | Error e) {
            model.release();
            throw e;
        }
    }

    private Ticket submit(ModelLease model, Query query, Origin origin, Consumer<Result> done) {
        long start = System.nanoTime();
        List<TokenizedText> texts = tokenize(model, query);
        long tokenizeNanos = System.nanoTime() - start;
        return batcher.submit(model.classifier(), texts, origin.deadline(), origin.lendsThread(), outcome -> {
            if (outcome instanceof Outcome.Failed failed) {
                LOG.error("Request {} failed in model {}.", origin.requestId(), model.name(), failed.cause());
            }
            finish(result(model.name(), tokenizeNanos, outcome), done);
        }, model::release);
    }

    /** The client comes first. */
    private void finish(Result result, Consumer<Result> done) {
        done.accept(result);
        if (result instanceof Answered answered) {
            observer.classified(answered);
        }
    }

    private void check(List<TextInput> inputs) {
        if (inputs.isEmpty()) {
            throw ApiException.badRequest("no_inputs", "There is nothing to classify: the list of inputs is empty.");
        }
        if (inputs.size() > limits.textsPerRequest()) {
            throw ApiException.badRequest(
                    "too_many_inputs",
                    "There are " + inputs.size() + " inputs; at most " + limits.textsPerRequest() + " are taken in one request.");
        }
        for (int i = 0; i < inputs.size(); i++) {
            int longest = Math.max(inputs.get(i).first().length(), inputs.get(i).second().map(String::length).orElse(0));
            if (longest > limits.charactersPerText()) {
                throw ApiException.badRequest(
                        "text_too_long",
                        "Input " + (i + 1) + " has " + longest + " characters; at most " + limits.charactersPerText() + " are taken.");
            }
        }
    }

    private static List<TokenizedText> tokenize(ModelLease model, Query query) {
        List<TokenizedText> texts;
        try {
            texts = model.classifier().tokenize(query.inputs());
        } catch (InvalidInputException e) {
            throw ApiException.badRequest("invalid_input", e.getMessage());
        }
        for (int i = 0; i < texts.size() && !query.truncate(); i++) {
            if (texts.get(i).truncated()) {
                throw ApiException.badRequest(
                        "too_long",
                        "Input " + (i + 1) + " has more than the " + texts.get(i).ids().length
                                + " tokens that model '" + model.name() + "' reads, and the request forbids to truncate it.");
            }
        }
        return texts;
    }

    private static Result result(String model, long tokenizeNanos, Outcome outcome) {
        return switch (outcome) {
            case Outcome.Answered answered -> new Answered(
                    model,
                    answered.answers(),
                    new Timings(tokenizeNanos, answered.queueNanos(), answered.computeNanos(), answered.batchTokens()));
            case Outcome.Failed _ -> new Failed(model, ApiException.internal());
            case Outcome.Expired _ -> new Failed(model, DEADLINE_PASSED);
        };
    }

    private record Waiting(Ticket ticket) implements Pending {
        @Override
        public void cancel() {
            ticket.cancel();
        }

        @Override
        public void expire() {
            ticket.expire();
        }
    }
}
