package dev.filigree.server.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatcherTest {
    private static final OptionalLong NEVER = OptionalLong.empty();

    /** Answers each text with its first token as score; remembers its batches; waits at the gate in its first one. */
    private static final class Model implements BatchModel {
        private final List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());
        private final CountDownLatch gate;
        private final CountDownLatch entered;

        Model(CountDownLatch gate) {
            this(gate, new CountDownLatch(1));
        }

        Model(CountDownLatch gate, CountDownLatch entered) {
            this.gate = gate;
            this.entered = entered;
        }

        @Override
        public int efficientTokens() {
            return 20;
        }

        @Override
        public int quickTokens() {
            return 64;
        }

        @Override
        public List<Classification> classify(List<TokenizedText> texts) {
            batches.add(texts.stream().map(text -> text.ids()[0]).toList());
            entered.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            if (texts.stream().anyMatch(text -> text.ids()[0] < 0)) {
                throw new IllegalStateException("The kernel cannot bear this.");
            }
            return texts.stream().map(BatcherTest::answer).toList();
        }
    }

    private static Batcher batcher(int workers, int tokensPerBatch, int queuedRequests) {
        return new Batcher(workers, OptionalInt.of(tokensPerBatch), queuedRequests, Duration.ZERO, BatchObserver.NONE);
    }

    private static Classification answer(TokenizedText text) {
        return new Classification("label", text.ids()[0], List.of("label"), new float[] {1}, new float[] {1}, text.ids().length, false);
    }

    private static TokenizedText text(int first, int length) {
        int[] ids = new int[length];
        ids[0] = first;
        return new TokenizedText(ids, new int[length], false);
    }

    /** So many texts of a length, each begun by its place. */
    private static TokenizedText[] texts(int count, int length) {
        return IntStream.range(0, count).mapToObj(i -> text(i, length)).toArray(TokenizedText[]::new);
    }

    private static CompletableFuture<Outcome> submit(Batcher batcher, BatchModel model, TokenizedText... texts) {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        batcher.submit(model, List.of(texts), NEVER, false, outcome::complete, () -> { });
        return outcome;
    }

    private static List<Float> scores(CompletableFuture<Outcome> outcome) throws ExecutionException, InterruptedException {
        return ((Outcome.Answered) outcome.get()).answers().stream().map(Classification::score).toList();
    }

    /** Keeps the batcher's one worker busy until the gate opens. */
    private static CompletableFuture<Outcome> occupy(Batcher batcher, Model model) throws InterruptedException {
        CompletableFuture<Outcome> first = submit(batcher, model, text(1000, 1));
        model.entered.await();
        return first;
    }

    @Test
    void whatWaitsIsComputedTogetherUpToTheBudgetAndAnsweredApart() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        try (Batcher batcher = batcher(1, 100, 10)) {
            occupy(batcher, model);
            List<CompletableFuture<Outcome>> outcomes = IntStream.range(0, 5).mapToObj(i -> submit(batcher, model, text(i, 40))).toList();
            assertThat(batcher.queued()).isEqualTo(5);
            gate.countDown();
            for (int i = 0; i < 5; i++) {
                assertThat(scores(outcomes.get(i))).containsExactly((float) i);
            }
            assertThat(model.batches).containsExactly(List.of(1000), List.of(0, 1), List.of(2, 3), List.of(4));
            assertThat(batcher.queued()).isZero();
        }
    }

    @Test
    void aLoneRequestIsNotHeldBack() throws Exception {
        Model model = new Model(new CountDownLatch(0));
        try (Batcher batcher = batcher(1, 100, 10)) {
            for (int i = 0; i < 3; i++) {
                assertThat(scores(submit(batcher, model, text(i, 5)))).containsExactly((float) i);
            }
            assertThat(model.batches).containsExactly(List.of(0), List.of(1), List.of(2));
        }
    }

    @Test
    void whileOthersAreComputedARequestWaitsForCompanyUntilABatchIsFull() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model busy = new Model(gate);
        Model model = new Model(new CountDownLatch(0));
        try (Batcher batcher = new Batcher(2, OptionalInt.of(10), 10, Duration.ofHours(1), BatchObserver.NONE)) {
            CompletableFuture<Outcome> first = occupy(batcher, busy);
            CompletableFuture<Outcome> early = submit(batcher, model, text(1, 3));
            CompletableFuture<Outcome> late = submit(batcher, model, text(2, 7));
            assertThat(scores(early)).containsExactly(1f);
            assertThat(scores(late)).containsExactly(2f);
            assertThat(model.batches).containsExactly(List.of(1, 2));
            assertThat(((Outcome.Answered) early.get()).batchTokens()).isEqualTo(10);
            CompletableFuture<Outcome> lone = submit(batcher, model, text(3, 3));
            assertThat(batcher.queued()).isEqualTo(1);
            assertThat(batcher.queuedTokens()).isEqualTo(3);
            assertThat(batcher.oldestNanos()).isPositive();
            gate.countDown();
            assertThat(scores(first)).containsExactly(1000f);
            assertThat(scores(lone)).as("computed as soon as nothing else is").containsExactly(3f);
        }
    }

    @Test
    void theWaitForCompanyEnds() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model busy = new Model(gate);
        Model model = new Model(new CountDownLatch(0));
        try (Batcher batcher = new Batcher(2, OptionalInt.of(10), 10, Duration.ofMillis(20), BatchObserver.NONE)) {
            occupy(batcher, busy);
            Outcome.Answered lone = (Outcome.Answered) submit(batcher, model, text(1, 3)).get();
            assertThat(lone.queueNanos()).isGreaterThanOrEqualTo(Duration.ofMillis(20).toNanos());
            gate.countDown();
        }
    }

    @Test
    void everyBatchIsObserved() throws Exception {
        Queue<List<Integer>> observed = new ConcurrentLinkedQueue<>();
        BatchObserver observer = (texts, tokens, nanos) -> observed.add(List.of(texts, tokens, nanos > 0 ? 1 : 0));
        try (Batcher batcher = new Batcher(1, OptionalInt.of(100), 10, Duration.ZERO, observer)) {
            submit(batcher, new Model(new CountDownLatch(0)), text(1, 30), text(2, 20), text(-3, 60)).get();
        }
        assertThat(observed).containsExactly(List.of(2, 50, 1), List.of(1, 60, 1));
    }

    @Test
    void answersAreToldBeforeTheirBatchIsObserved() {
        Queue<String> events = new ConcurrentLinkedQueue<>();
        try (Batcher batcher = new Batcher(1, OptionalInt.of(100), 10, Duration.ZERO, (_, _, _) -> events.add("observed"))) {
            Model model = new Model(new CountDownLatch(0));
            batcher.submit(model, List.of(text(1, 4)), NEVER, false, _ -> events.add("told"), () -> { });
            while (events.size() < 2) {
                Thread.onSpinWait();
            }
        }
        assertThat(events).containsExactly("told", "observed");
    }

    @Test
    void aTextLongerThanTheBudgetGoesAlone() throws Exception {
        Model model = new Model(new CountDownLatch(0));
        try (Batcher batcher = batcher(1, 100, 10)) {
            assertThat(scores(submit(batcher, model, text(1, 300), text(2, 300)))).containsExactly(1f, 2f);
            assertThat(model.batches).containsExactly(List.of(1), List.of(2));
        }
    }

    @Test
    void aRequestOfManyTextsIsCutAndItsAnswersComeInOrder() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        try (Batcher batcher = batcher(1, 100, 10)) {
            occupy(batcher, model);
            CompletableFuture<Outcome> many = submit(batcher, model, texts(7, 30));
            CompletableFuture<Outcome> after = submit(batcher, model, text(7, 30));
            gate.countDown();
            assertThat(scores(many)).containsExactly(0f, 1f, 2f, 3f, 4f, 5f, 6f);
            assertThat(scores(after)).containsExactly(7f);
            assertThat(model.batches).containsExactly(List.of(1000), List.of(0, 1, 2), List.of(3, 4, 5), List.of(6, 7));
        }
    }

    @Test
    void workersShareWhatWaits() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch both = new CountDownLatch(2);
        Model model = new Model(gate, both);
        try (Batcher batcher = batcher(2, 10_000, 10)) {
            CompletableFuture<Outcome> many = submit(batcher, model, texts(4, 100));
            both.await();
            gate.countDown();
            assertThat(scores(many)).containsExactly(0f, 1f, 2f, 3f);
            assertThat(model.batches).containsExactlyInAnyOrder(List.of(0, 1), List.of(2), List.of(3));
        }
    }

    @Test
    void aCrowdOfOneModelDoesNotStarveAnother() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model crowded = new Model(gate);
        Model quiet = new Model(gate);
        try (Batcher batcher = batcher(1, 50, 100)) {
            occupy(batcher, crowded);
            List<CompletableFuture<Outcome>> crowd = IntStream.range(0, 20).mapToObj(i -> submit(batcher, crowded, text(i, 50))).toList();
            CompletableFuture<Outcome> other = submit(batcher, quiet, text(1, 50));
            CompletableFuture<Integer> crowdServed = other.thenApply(_ -> (int) crowd.stream().filter(CompletableFuture::isDone).count());
            gate.countDown();
            assertThat(crowdServed.get()).isLessThanOrEqualTo(2);
            for (CompletableFuture<Outcome> each : crowd) {
                each.get();
            }
        }
    }

    @Test
    void aFailureIsItsOwnRequestsAlone() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        try (Batcher batcher = batcher(1, 100, 10)) {
            occupy(batcher, model);
            CompletableFuture<Outcome> before = submit(batcher, model, text(1, 10));
            CompletableFuture<Outcome> bad = submit(batcher, model, text(-1, 10), text(5, 95));
            CompletableFuture<Outcome> after = submit(batcher, model, text(2, 10));
            gate.countDown();
            assertThat(bad.get()).isInstanceOf(Outcome.Failed.class);
            assertThat(scores(before)).containsExactly(1f);
            assertThat(scores(after)).containsExactly(2f);
            assertThat(model.batches).as("the rest of the failed request").doesNotContain(List.of(5));
            assertThat(scores(submit(batcher, model, text(3, 10)))).containsExactly(3f);
        }
    }

    @Test
    void aFullQueueRefusesAndWhatIsCancelledMakesRoom() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        try (Batcher batcher = batcher(1, 100, 2)) {
            occupy(batcher, model);
            CompletableFuture<Outcome> told = new CompletableFuture<>();
            Ticket departed = batcher.submit(model, List.of(text(1, 10)), NEVER, false, told::complete, () -> { });
            submit(batcher, model, text(2, 10));
            assertThatThrownBy(() -> submit(batcher, model, text(3, 10))).isInstanceOf(RejectedExecutionException.class);
            departed.cancel();
            departed.cancel();
            assertThat(batcher.queued()).isEqualTo(1);
            CompletableFuture<Outcome> last = submit(batcher, model, text(4, 10));
            gate.countDown();
            assertThat(scores(last)).containsExactly(4f);
            assertThat(model.batches).containsExactly(List.of(1000), List.of(2, 4));
            assertThat(told).isNotDone();
        }
    }

    @Test
    void itSaysWhenItsQueueIsFullAndWhenThatIsNear() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        try (Batcher batcher = batcher(1, 100, 16)) {
            occupy(batcher, model);
            for (int i = 1; i <= 16; i++) {
                submit(batcher, model, text(i, 1));
                assertThat(batcher.isAlmostFull()).as("with %d", i).isEqualTo(i >= 14);
                assertThat(batcher.isFull()).as("with %d", i).isEqualTo(i == 16);
            }
            gate.countDown();
        }
    }

    @Test
    void whatIsPastItsDeadlineIsNotComputed() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        try (Batcher batcher = batcher(1, 100, 10)) {
            occupy(batcher, model);
            CompletableFuture<Outcome> late = new CompletableFuture<>();
            batcher.submit(model, List.of(text(1, 10)), OptionalLong.of(System.nanoTime() - 1), false, late::complete, () -> { });
            CompletableFuture<Outcome> fine = new CompletableFuture<>();
            OptionalLong far = OptionalLong.of(System.nanoTime() + Long.MAX_VALUE / 2);
            batcher.submit(model, List.of(text(2, 10)), far, false, fine::complete, () -> { });
            CompletableFuture<Outcome> told = new CompletableFuture<>();
            Ticket ticket = batcher.submit(model, List.of(text(3, 10)), NEVER, false, told::complete, () -> { });
            ticket.expire();
            assertThat(told.get()).isEqualTo(new Outcome.Expired());
            gate.countDown();
            assertThat(late.get()).isEqualTo(new Outcome.Expired());
            assertThat(scores(fine)).containsExactly(2f);
            assertThat(model.batches).containsExactly(List.of(1000), List.of(2));
            assertThat(batcher.queued()).isZero();
        }
    }

    @Test
    void closingWaitsForWhatHasBegunAndForgetsTheRest() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        Batcher batcher = batcher(1, 100, 10);
        CompletableFuture<Outcome> begun = occupy(batcher, model);
        CompletableFuture<Outcome> waiting = submit(batcher, model, text(1, 10));
        CompletableFuture<Void> closing = CompletableFuture.runAsync(batcher::close);
        gate.countDown();
        closing.get();
        assertThat(begun).isDone();
        assertThatThrownBy(() -> submit(batcher, model, text(2, 10))).isInstanceOf(RejectedExecutionException.class);
        batcher.close();
        // The worker may have taken it before it saw that the batcher is closed.
        assertThat(waiting.isDone()).isEqualTo(model.batches.size() == 2);
    }

    @Test
    void theModelIsGivenBackOnceHoweverARequestEnds() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        AtomicIntegerArray over = new AtomicIntegerArray(6);
        try (Batcher batcher = batcher(1, 100, 10)) {
            occupy(batcher, model);
            // Answered in two batches, failed, expired while it waits and when it is taken, cancelled.
            submit(batcher, model, over, 0, NEVER, texts(4, 60));
            submit(batcher, model, over, 1, NEVER, text(-1, 10), text(5, 95));
            Ticket ticket = submit(batcher, model, over, 2, NEVER, text(3, 10));
            ticket.expire();
            ticket.cancel();
            submit(batcher, model, over, 3, OptionalLong.of(System.nanoTime() - 1), text(1, 10));
            Ticket departed = submit(batcher, model, over, 4, NEVER, text(1, 10));
            departed.cancel();
            departed.cancel();
            assertThat(over.toString()).isEqualTo("[0, 0, 1, 0, 1, 0]");
            CompletableFuture<Outcome> last = submit(batcher, model, text(4, 10));
            gate.countDown();
            last.get();
        }
        try (Batcher full = batcher(1, 100, 1)) {
            full.close();
            assertThatThrownBy(() -> submit(full, model, over, 5, NEVER, text(1, 1))).isInstanceOf(RejectedExecutionException.class);
        }
        assertThat(over.toString()).isEqualTo("[1, 1, 1, 1, 1, 0]");
    }

    private static Ticket submit(
            Batcher batcher, BatchModel model, AtomicIntegerArray over, int index, OptionalLong deadline, TokenizedText... texts) {
        return batcher.submit(model, List.of(texts), deadline, false, _ -> { }, () -> over.incrementAndGet(index));
    }

    @Test
    void theModelOfACancelledRequestIsKeptUntilItsBatchIsComputed() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        AtomicIntegerArray over = new AtomicIntegerArray(2);
        Batcher batcher = batcher(1, 100, 10);
        Ticket computed = submit(batcher, model, over, 0, NEVER, text(1, 10));
        model.entered.await();
        computed.cancel();
        submit(batcher, model, over, 1, NEVER, text(2, 10));
        Thread closing = Thread.ofPlatform().start(batcher::close);
        // Closing cancels what waits, and waits for what is computed.
        while (over.get(1) == 0) {
            Thread.onSpinWait();
        }
        assertThat(over.get(0)).isZero();
        gate.countDown();
        closing.join();
        assertThat(over.toString()).isEqualTo("[1, 1]");
    }

    /** Submits with a thread that may be used, and tells which thread heard the outcome. */
    private static CompletableFuture<Thread> lend(Batcher batcher, BatchModel model, OptionalLong deadline, TokenizedText... texts) {
        CompletableFuture<Thread> heard = new CompletableFuture<>();
        batcher.submit(model, List.of(texts), deadline, true, _ -> heard.complete(Thread.currentThread()), () -> { });
        return heard;
    }

    @Test
    void aLentThreadComputesASmallRequestWhenNothingElseIsThere() {
        Model model = new Model(new CountDownLatch(0));
        Queue<Integer> observed = new ConcurrentLinkedQueue<>();
        BatchObserver observer = (_, tokens, _) -> observed.add(tokens);
        try (Batcher batcher = new Batcher(1, OptionalInt.of(10), 10, Duration.ofHours(1), observer)) {
            assertThat(lend(batcher, model, NEVER, text(1, 4), text(2, 60))).isCompletedWithValue(Thread.currentThread());
            assertThat(lend(batcher, model, NEVER, text(-1, 4))).as("a failure").isCompletedWithValue(Thread.currentThread());
            assertThat(lend(batcher, model, NEVER, text(3, 4))).isCompletedWithValue(Thread.currentThread());
            assertThat(batcher.queued()).isZero();
        }
        assertThat(model.batches).containsExactly(List.of(1, 2), List.of(-1), List.of(3));
        assertThat(observed).containsExactly(64, 4, 4);
    }

    @Test
    void aLentThreadDoesNotComputeWhatIsLongOrLateOrFindsOthersWaiting() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        try (Batcher batcher = batcher(1, 100, 10)) {
            CompletableFuture<Thread> busy = lend(batcher, model, NEVER, text(0, 65));
            model.entered.await();
            CompletableFuture<Thread> behind = lend(batcher, model, NEVER, text(1, 1));
            assertThat(batcher.queued()).isEqualTo(1);
            gate.countDown();
            assertThat(List.of(busy.get(), behind.get())).doesNotContain(Thread.currentThread());
            assertThat(lend(batcher, model, OptionalLong.of(System.nanoTime() - 1), text(2, 1)).get()).isNotSameAs(Thread.currentThread());
        }
        assertThat(model.batches).as("not the late one").containsExactly(List.of(0), List.of(1));
    }

    @Test
    void aLentThreadTakesAWorkersPlace() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model lent = new Model(gate);
        Model model = new Model(new CountDownLatch(0));
        Batcher batcher = batcher(1, 100, 10);
        CompletableFuture<Thread> first = CompletableFuture.supplyAsync(() -> lend(batcher, lent, NEVER, text(1, 1)).join());
        lent.entered.await();
        CompletableFuture<Outcome> second = submit(batcher, model, text(2, 1));
        assertThat(batcher.queued()).isEqualTo(1);
        gate.countDown();
        assertThat(scores(second)).containsExactly(2f);
        first.get();
        batcher.close();
    }

    @Test
    void closingWaitsForALentThread() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        Batcher batcher = batcher(1, 100, 10);
        CompletableFuture<Thread> lent = CompletableFuture.supplyAsync(() -> lend(batcher, model, NEVER, text(1, 1)).join());
        model.entered.await();
        CompletableFuture<Boolean> closing = CompletableFuture.supplyAsync(() -> {
            batcher.close();
            return lent.isDone();
        });
        while (true) {
            try {
                submit(batcher, model, text(2, 1));
            } catch (RejectedExecutionException e) {
                break;
            }
        }
        assertThat(closing).isNotDone();
        gate.countDown();
        closing.get();
        assertThat(lent.get()).isNotNull();
    }

    @Test
    void withoutABudgetABatchIsAsLongAsItsModelIsEfficientWith() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Model model = new Model(gate);
        try (Batcher batcher = new Batcher(1, OptionalInt.empty(), 10, Duration.ZERO, BatchObserver.NONE)) {
            occupy(batcher, model);
            CompletableFuture<Outcome> many = submit(batcher, model, texts(3, 10));
            gate.countDown();
            many.get();
        }
        assertThat(model.batches).containsExactly(List.of(1000), List.of(0, 1), List.of(2));
    }
}
