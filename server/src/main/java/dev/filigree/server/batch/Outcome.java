package dev.filigree.server.batch;

import dev.filigree.runtime.Classification;
import java.util.List;

/** How a request ended. */
public sealed interface Outcome {
    /**
     * All its texts were classified.
     *
     * @param answers one for each text, in order
     * @param queueNanos from its submission to the start of its first batch, in nanoseconds
     * @param computeNanos from there to the end of its last batch, in nanoseconds
     * @param batchTokens tokens of the largest batch it was part of
     */
    record Answered(List<Classification> answers, long queueNanos, long computeNanos, int batchTokens) implements Outcome {}

    /**
     * The model failed on it.
     *
     * @param cause what it threw
     */
    record Failed(Throwable cause) implements Outcome {}

    /** Its deadline passed before it was computed. */
    record Expired() implements Outcome {}
}
