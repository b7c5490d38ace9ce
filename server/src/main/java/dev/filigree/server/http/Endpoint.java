package dev.filigree.server.http;

import java.util.function.Consumer;
import java.util.function.Function;

/** Answers the requests of one route. Thread-safe. */
@FunctionalInterface
public interface Endpoint {
    /**
     * Answers a request, now or later. Called on an event loop, or for a long body on a thread that prepares such; it must not block.
     *
     * @param done given the answer, once, on any thread
     * @return what is under way
     * @throws ApiException when the request is refused; there is no other answer then
     */
    Pending answer(Request request, Consumer<Answer> done);

    /** An endpoint that has its answer at once. */
    static Endpoint now(Function<Request, Answer> function) {
        return (request, done) -> {
            done.accept(function.apply(request));
            return Pending.NOTHING;
        };
    }
}
