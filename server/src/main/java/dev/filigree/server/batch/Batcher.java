package dev.filigree.server.batch;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Continuous batching: a worker that is free takes what waits, up to a budget of tokens, and computes it as one batch. Batches grow by
 * themselves as load does: what comes while the workers are busy waits and is taken together. If asked to, a worker that is free waits for
 * more for a bounded time, but only while others compute, so a lone request is never held back. No worker takes more than its share of
 * what waits (guided self-scheduling, Polychronopoulos and Kuck 1987). A request of many texts may be cut into several batches.
 *
 * <p>A request that finds nothing waiting and a worker's place free, and that its model computes quickly, can be computed by the thread
 * that brings it, if that is lent for it: to hand a request to a worker and its answer back, two threads must be woken, which costs more
 * than all else that is not the model's.
 *
 * <p>Within a model requests are served in their order. Between models the next batch is of the one that has been given the fewest tokens
 * (start-time fair queueing, Goyal et al. 1996, with equal weights), so that one model's crowd does not starve another's.
 *
 * <p>When a batch of several requests fails, each is computed once more on its own, so that one text which the model cannot bear fails no
 * request but its own.
 *
 * <p>Thread-safe. Outcomes are told on the threads that compute.
 */
public final class Batcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Batcher.class);
    /** Fewer tokens are not worth a second worker: a kernel works on panels of 16 tokens, and on a few of them best. */
    private static final int SMALLEST_SHARE = 32;

    private final OptionalInt tokensPerBatch;
    private final int queuedRequests;
    private final long waitNanos;
    private final BatchObserver observer;
    /** How many workers share what waits; the threads read it, so it is set before they start. */
    private final int shares;
    private final List<Thread> workers;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    /** The models that have something waiting. */
    private final Map<BatchModel, Lane> lanes = new IdentityHashMap<>();
    /** Written under the lock. */
    private volatile int queued;
    private long queuedTokens;
    private long virtualTime;
    /** Batches that are being computed, by workers or by those who brought them: never more than there are workers. */
    private int computing;
    private boolean closed;

    /** What waits for a model. */
    private static final class Lane {
        private final Deque<Ticket> waiting = new ArrayDeque<>();
        /** Tokens it was given, counted from the virtual time at which it began to wait. */
        private long served;
    }

    /**
     * Starts the workers.
     *
     * @param workers batches computed at the same time, at least 1
     * @param tokensPerBatch most tokens of a batch of more than one text, at least 1; empty for what is efficient for its model
     * @param queuedRequests most requests that wait, at least 1
     * @param wait how long a request may wait for others while other batches are being computed
     * @param observer is told of every batch
     */
    public Batcher(int workers, OptionalInt tokensPerBatch, int queuedRequests, Duration wait, BatchObserver observer) {
        this.shares = workers;
        this.tokensPerBatch = tokensPerBatch;
        this.queuedRequests = queuedRequests;
        this.waitNanos = wait.toNanos();
        this.observer = observer;
        this.workers = IntStream.range(0, workers)
                .mapToObj(i -> Thread.ofPlatform().name("filigree-compute-" + i).start(this::serve))
                .toList();
    }

    /**
     * Takes a request in.
     *
     * @param texts at least one
     * @param deadline {@link System#nanoTime} after which it is not worth computing
     * @param lent whether the calling thread may compute the request before this returns, if that is the quickest way
     * @param done told the outcome, once, on the thread that computed it; it must be quick and throw nothing
     * @param over told once, however the request ends, that the model will not be asked for it any more; as quick and as quiet
     * @throws RejectedExecutionException when too many requests wait already, or this is closed; neither is told anything then
     */
    public Ticket submit(
            BatchModel model, List<TokenizedText> texts, OptionalLong deadline, boolean lent, Consumer<Outcome> done, Runnable over) {
        Ticket ticket = new Ticket(this, model, texts, deadline, done, over);
        Optional<Ticket.Part> here = Optional.empty();
        lock.lock();
        try {
            if (closed || queued >= queuedRequests) {
                throw new RejectedExecutionException(queued + " requests wait already.");
            }
            if (lent && canComputeNow(ticket)) {
                here = Optional.of(ticket.take(0, Integer.MAX_VALUE));
                ticket.hold();
                computing++;
            } else {
                lane(model).waiting.add(ticket);
                queued++;
                queuedTokens += ticket.waitingTokens();
                work.signal();
            }
        } finally {
            lock.unlock();
        }
        here.ifPresent(part -> computeAndLetGo(List.of(part)));
        return ticket;
    }

    private boolean canComputeNow(Ticket ticket) {
        return lanes.isEmpty() && computing < shares && ticket.waitingTokens() <= ticket.model().quickTokens()
                && !ticket.isExpired(ticket.submitted());
    }

    /** Requests that wait, wholly or in part. */
    public int queued() {
        return queued;
    }

    /** Whether a request would be refused now. Takes no lock: it is asked most when there is most to do. */
    public boolean isFull() {
        return queued >= queuedRequests;
    }

    /** Whether requests will be refused unless few come. */
    public boolean isAlmostFull() {
        return queued >= queuedRequests - queuedRequests / 8;
    }

    /** Tokens that wait. */
    public long queuedTokens() {
        lock.lock();
        try {
            return queuedTokens;
        } finally {
            lock.unlock();
        }
    }

    /** How long the first of those that wait has waited, in nanoseconds; 0 when nothing waits. */
    public long oldestNanos() {
        lock.lock();
        try {
            return oldestAge();
        } finally {
            lock.unlock();
        }
    }

    private long oldestAge() {
        long now = System.nanoTime();
        return lanes.values().stream().mapToLong(lane -> now - lane.waiting.getFirst().submitted()).max().orElse(0);
    }

    private Lane lane(BatchModel model) {
        return lanes.computeIfAbsent(model, _ -> {
            Lane lane = new Lane();
            lane.served = virtualTime;
            return lane;
        });
    }

    /** Takes a request out of the queue, and says whether it was there, wholly or in part. */
    boolean forget(Ticket ticket) {
        lock.lock();
        try {
            Lane lane = lanes.get(ticket.model());
            if (lane == null || !lane.waiting.remove(ticket)) {
                return false;
            }
            queued--;
            queuedTokens -= ticket.waitingTokens();
            dropIfEmpty(ticket.model(), lane);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void dropIfEmpty(BatchModel model, Lane lane) {
        if (lane.waiting.isEmpty()) {
            lanes.remove(model);
        }
    }

    private void serve() {
        Optional<List<Ticket.Part>> batch = take();
        while (batch.isPresent()) {
            if (!batch.get().isEmpty()) {
                computeAndLetGo(batch.get());
            }
            batch = take();
        }
    }

    private void computeAndLetGo(List<Ticket.Part> batch) {
        compute(batch);
        batch.forEach(part -> part.ticket().letGo());
        finished();
    }

    /** The next batch, without parts when all that waited had expired; none when this is closed. */
    private Optional<List<Ticket.Part>> take() {
        List<Ticket> expired = new ArrayList<>();
        List<Ticket.Part> batch = new ArrayList<>();
        lock.lock();
        try {
            awaitBatch();
            if (closed) {
                return Optional.empty();
            }
            fill(batch, expired);
            computing += batch.isEmpty() ? 0 : 1;
            if (!lanes.isEmpty()) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
        expired.forEach(ticket -> ticket.end(new Outcome.Expired()));
        return Optional.of(batch);
    }

    private void awaitBatch() {
        long hold = hold();
        while (!closed && (hasNothingToDo() || hold > 0)) {
            try {
                if (hasNothingToDo()) {
                    work.await();
                } else {
                    work.awaitNanos(hold);
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("Nobody interrupts a worker.", e);
            }
            hold = hold();
        }
    }

    private boolean hasNothingToDo() {
        return lanes.isEmpty() || computing >= shares;
    }

    /** How much longer to wait for more, in nanoseconds: not at all when nothing is being computed, or a batch is full. */
    private long hold() {
        return waitNanos == 0 || computing == 0 || isBatchFull() ? 0 : waitNanos - oldestAge();
    }

    private boolean isBatchFull() {
        return lanes.keySet().stream().anyMatch(model -> queuedTokens >= budget(model));
    }

    private int budget(BatchModel model) {
        return tokensPerBatch.orElseGet(model::efficientTokens);
    }

    private void finished() {
        lock.lock();
        computing--;
        if (closed) {
            work.signalAll();
        } else if (!lanes.isEmpty()) {
            work.signal();
        }
        lock.unlock();
    }

    private void fill(List<Ticket.Part> batch, List<Ticket> expired) {
        Map.Entry<BatchModel, Lane> next =
                lanes.entrySet().stream().min(Comparator.comparingLong(entry -> entry.getValue().served)).orElseThrow();
        Lane lane = next.getValue();
        virtualTime = lane.served;
        int limit = (int) Math.min(budget(next.getKey()), Math.max(SMALLEST_SHARE, Math.ceilDiv(queuedTokens, shares)));
        long now = System.nanoTime();
        int tokens = 0;
        while (!lane.waiting.isEmpty() && tokens < limit) {
            Ticket ticket = lane.waiting.peek();
            boolean late = ticket.isExpired(now);
            if (late) {
                queuedTokens -= ticket.waitingTokens();
                expired.add(ticket);
            } else {
                Ticket.Part part = ticket.take(tokens, limit);
                if (part.tokens() == 0) {
                    break;
                }
                ticket.hold();
                batch.add(part);
                tokens += part.tokens();
                queuedTokens -= part.tokens();
            }
            if (late || ticket.isTaken()) {
                lane.waiting.remove();
                queued--;
            }
        }
        lane.served += tokens;
        dropIfEmpty(next.getKey(), lane);
    }

    private void compute(List<Ticket.Part> batch) {
        long start = System.nanoTime();
        List<TokenizedText> texts = new ArrayList<>();
        int tokens = 0;
        for (Ticket.Part part : batch) {
            part.ticket().start(start);
            texts.addAll(part.texts());
            tokens += part.tokens();
        }
        List<Classification> answers;
        try {
            answers = batch.getFirst().ticket().model().classify(texts);
        } catch (RuntimeException | Error e) {
            // One request's fault, even an Error, must not take the thread that serves all others.
            observer.computed(texts.size(), tokens, System.nanoTime() - start);
            fail(batch, e);
            return;
        }
        long end = System.nanoTime();
        int from = 0;
        for (Ticket.Part part : batch) {
            int to = from + part.to() - part.from();
            part.answer(answers.subList(from, to), tokens, end);
            from = to;
        }
        // The clients come first.
        observer.computed(texts.size(), tokens, end - start);
    }

    private void fail(List<Ticket.Part> batch, Throwable cause) {
        if (batch.size() > 1) {
            LOG.warn("A batch of {} requests failed; each is computed on its own.", batch.size());
            batch.forEach(part -> compute(List.of(part)));
        } else {
            Ticket ticket = batch.getFirst().ticket();
            forget(ticket);
            ticket.end(new Outcome.Failed(cause));
        }
    }

    /** Waits for the batches that have begun, which nothing can break off. What waits still is cancelled. */
    @Override
    public void close() {
        List<Ticket> left;
        lock.lock();
        try {
            closed = true;
            left = lanes.values().stream().flatMap(lane -> lane.waiting.stream()).toList();
            work.signalAll();
        } finally {
            lock.unlock();
        }
        left.forEach(Ticket::cancel);
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        lock.lock();
        while (computing > 0) {
            work.awaitUninterruptibly();
        }
        lock.unlock();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
