package dev.filigree.runtime;

import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.List;

/** Looks at one call as it goes on; for one thread. */
sealed interface CallWatch {
    /** Looks away: reads no clock. */
    CallWatch NONE = new Idle();

    /** Some texts are tokenized now. */
    void tokenized(List<TokenizedText> texts);

    /** The model has done something. */
    void computed();

    /** Nobody wants to know. */
    record Idle() implements CallWatch {
        @Override
        public void tokenized(List<TokenizedText> texts) {}

        @Override
        public void computed() {}
    }

    /** Takes the time from one thing to the next. */
    final class Timer implements CallWatch {
        private final long start = System.nanoTime();
        private long last = start;
        private int tokens;
        private int truncated;
        private long tokenizeNanos;
        private long computeNanos;

        @Override
        public void tokenized(List<TokenizedText> texts) {
            tokenizeNanos += lap();
            for (TokenizedText text : texts) {
                tokens += text.ids().length;
                truncated += text.truncated() ? 1 : 0;
            }
        }

        @Override
        public void computed() {
            computeNanos += lap();
        }

        private long lap() {
            long now = System.nanoTime();
            long lap = now - last;
            last = now;
            return lap;
        }

        /** What was seen, at the end of the call. */
        CallTimings timings(int texts) {
            return new CallTimings(texts, tokens, truncated, tokenizeNanos, computeNanos, System.nanoTime() - start);
        }
    }
}
