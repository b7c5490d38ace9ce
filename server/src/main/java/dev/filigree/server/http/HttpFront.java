package dev.filigree.server.http;

import dev.filigree.server.config.Limits;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * What the connections of a server share.
 *
 * @param routes what can be asked
 * @param guard who may ask
 * @param preparation runs endpoints whose body would keep an event loop too long
 * @param limits what to refuse
 * @param bodies what heap there is for bodies
 * @param draining whether the server is about to end
 * @param observer is told what goes on
 * @param writer writes the answers
 */
public record HttpFront(
        Routes routes,
        Guard guard,
        Executor preparation,
        Limits limits,
        BodyBudget bodies,
        BooleanSupplier draining,
        HttpObserver observer,
        AnswerWriter writer) {}
