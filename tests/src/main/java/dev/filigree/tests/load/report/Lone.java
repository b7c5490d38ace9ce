package dev.filigree.tests.load.report;

import dev.filigree.tests.load.client.Latency;
import java.util.Optional;

/**
 * Requests that are alone on the server, one at a time over one connection.
 *
 * @param latency from sending to the last byte of the answer
 * @param health the same for {@code GET /health/live}: the way to the server and back, without anything computed
 * @param stages where the time goes, where the server's answers tell
 * @param bareOverhead median overhead of a server that only keeps a core busy for as long as the kernels, see {@code BareServer}, in
 *         microseconds: what no server can do without here; empty where none was asked
 * @param bareWay what that is made of
 */
public record Lone(Latency latency, Latency health, Optional<Stages> stages, Optional<Double> bareOverhead, Optional<Way> bareWay) {
    /**
     * Medians in microseconds.
     *
     * @param tokenize text to tokens
     * @param queue waiting to be computed
     * @param compute the kernels
     * @param total in the server, from the request's last byte to the answer
     * @param overhead the client's latency less {@code tokenize} and {@code compute} of the same request
     * @param overheadP99 99 of a hundred overheads are no longer
     */
    public record Stages(double tokenize, double queue, double compute, double total, double overhead, double overheadP99) {}

    /**
     * Medians in microseconds.
     *
     * @param there from the client's sending, through the waking of the server's thread, until the request has been read
     * @param back from the server's writing, through the waking of the client's thread, until the client has read and parsed the answer
     */
    public record Way(double there, double back) {}

    /** The median overhead less what the machine and the client take of it, in microseconds. */
    public Optional<Double> overheadWithoutClient() {
        return stages.flatMap(times -> bareOverhead.map(bare -> times.overhead() - bare));
    }
}
