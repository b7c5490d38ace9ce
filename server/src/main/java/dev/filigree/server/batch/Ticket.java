package dev.filigree.server.batch;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A request on its way through a {@link Batcher}. Thread-safe. */
public final class Ticket {
    private final Batcher batcher;
    private final BatchModel model;
    private final List<TokenizedText> texts;
    private final OptionalLong deadline;
    private final Consumer<Outcome> done;
    private final Runnable over;
    /** One until it has ended and no text of it waits, and one for each batch that it is in: as long as the model may be asked for it. */
    private final AtomicInteger holds = new AtomicInteger(1);
    private final long submitted = System.nanoTime();
    /** Texts handed to workers so far; guarded by the batcher's lock. */
    private int taken;
    /** Answers so far, null where one is missing; guarded by this, as is what follows. */
    private final Classification[] answers;
    private int missing;
    private boolean ended;
    private long started;
    private int batchTokens;

    Ticket(
            Batcher batcher,
            BatchModel model,
            List<TokenizedText> texts,
            OptionalLong deadline,
            Consumer<Outcome> done,
            Runnable over) {
        this.batcher = batcher;
        this.model = model;
        this.texts = texts;
        this.deadline = deadline;
        this.done = done;
        this.over = over;
        this.answers = new Classification[texts.size()];
        this.missing = answers.length;
    }

    /** Nobody wants the answer any more: what has not begun is not computed, its place in the queue is free, and no outcome is told. */
    public void cancel() {
        batcher.forget(this);
        if (end()) {
            letGo();
        }
    }

    /** Its deadline has passed: if any of it waits still, it ends as expired; what was begun in whole goes on. */
    public void expire() {
        if (batcher.forget(this)) {
            end(new Outcome.Expired());
        }
    }

    /** {@link System#nanoTime} when it was taken in. */
    long submitted() {
        return submitted;
    }

    BatchModel model() {
        return model;
    }

    /** The next texts for a batch that has so many tokens already, in place; guarded by the batcher's lock. */
    Part take(int tokens, int limit) {
        int from = taken;
        int sum = tokens;
        while (taken < texts.size()) {
            int length = texts.get(taken).ids().length;
            if (sum > 0 && sum + length > limit) {
                break;
            }
            sum += length;
            taken++;
        }
        return new Part(this, from, taken, sum - tokens);
    }

    /** Whether every text was handed out; guarded by the batcher's lock. */
    boolean isTaken() {
        return taken == texts.size();
    }

    /** Tokens not handed out yet; guarded by the batcher's lock. */
    long waitingTokens() {
        long tokens = 0;
        for (int i = taken; i < texts.size(); i++) {
            tokens += texts.get(i).ids().length;
        }
        return tokens;
    }

    boolean isExpired(long now) {
        return deadline.isPresent() && now - deadline.getAsLong() > 0;
    }

    synchronized void start(long now) {
        if (missing == answers.length && started == 0) {
            started = now;
        }
    }

    /** Ends it, when no text of it waits any more, with an outcome that is told, unless it has ended already. */
    void end(Outcome outcome) {
        if (end()) {
            done.accept(outcome);
            letGo();
        }
    }

    /** It is in one more batch; guarded by the batcher's lock. */
    void hold() {
        holds.incrementAndGet();
    }

    /** A batch that it was in has been computed, or it has ended. */
    void letGo() {
        if (holds.decrementAndGet() == 0) {
            over.run();
        }
    }

    private synchronized boolean end() {
        boolean first = !ended;
        ended = true;
        return first;
    }

    /** Takes in answers of a part; the last ones end it. */
    private void answer(int from, List<Classification> part, int tokens, long now) {
        boolean complete;
        synchronized (this) {
            for (int i = 0; i < part.size(); i++) {
                answers[from + i] = part.get(i);
            }
            missing -= part.size();
            batchTokens = Math.max(batchTokens, tokens);
            complete = missing == 0;
        }
        if (complete) {
            end(new Outcome.Answered(Arrays.asList(answers), started - submitted, now - started, batchTokens));
        }
    }

    /**
     * Texts of a request that go into one batch.
     *
     * @param ticket the request
     * @param from first of its texts
     * @param to one past the last
     * @param tokens of these texts
     */
    record Part(Ticket ticket, int from, int to, int tokens) {
        List<TokenizedText> texts() {
            return ticket.texts.subList(from, to);
        }

        /** Takes in the answers that a batch of so many tokens gave. */
        void answer(List<Classification> answers, int batchTokens, long now) {
            ticket.answer(from, answers, batchTokens, now);
        }
    }
}
