package dev.filigree.server;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.InvalidInputException;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.server.config.Limits;
import dev.filigree.server.model.ModelFacts;
import dev.filigree.server.model.ModelRegistry;
import dev.filigree.server.model.TextClassifier;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** A server on free ports with a model whose answers tell what it was asked, and which can be held or made to fail. */
final class Served implements AutoCloseable {
    static final Limits LIMITS = limits().build();

    /** The model: the label is the text (or the pair joined by a bar), its score a function of it. */
    static final class EchoModel implements TextClassifier {
        /** Tokens, one a character and one before them, after which a text counts as truncated. */
        static final int LONGEST = 200;

        /** What it says it takes; it takes both. */
        private final boolean pairs;
        /** Texts that are "hold" count {@code held} down and wait for {@code release}. */
        final CountDownLatch release = new CountDownLatch(1);
        final CountDownLatch held = new CountDownLatch(1);
        /** Texts that were computed. */
        final AtomicInteger calls = new AtomicInteger();
        final AtomicBoolean closed = new AtomicBoolean();
        /** The thread of the last call. */
        final AtomicReference<String> computedBy = new AtomicReference<>("");
        /** What it says of its speed. */
        final AtomicInteger quickTokens = new AtomicInteger();

        EchoModel() {
            this(false);
        }

        EchoModel(boolean pairs) {
            this.pairs = pairs;
        }

        @Override
        public int efficientTokens() {
            return 256;
        }

        @Override
        public int quickTokens() {
            return quickTokens.get();
        }

        @Override
        public List<TokenizedText> tokenize(List<TextInput> inputs) {
            if (inputs.contains(TextInput.of("unfit"))) {
                throw new InvalidInputException("This text does not fit the model.");
            }
            return inputs.stream()
                    .map(input -> input.second().map(second -> input.first() + "|" + second).orElse(input.first()))
                    .map(EchoModel::tokens)
                    .toList();
        }

        /** The text is never cut, whatever is said. */
        private static TokenizedText tokens(String text) {
            int[] ids = ("^" + text).codePoints().toArray();
            return new TokenizedText(ids, new int[0], ids.length > LONGEST);
        }

        @Override
        public List<Classification> classify(List<TokenizedText> texts) {
            calls.addAndGet(texts.size());
            computedBy.set(Thread.currentThread().getName());
            return texts.stream().map(this::classify).toList();
        }

        private Classification classify(TokenizedText text) {
            String label = new String(text.ids(), 1, text.ids().length - 1);
            switch (label) {
                case "hold" -> {
                    held.countDown();
                    awaitUninterruptibly(release);
                }
                case "kernel failure" -> throw new IllegalStateException("a kernel failed");
                case "kernel error" -> throw new AssertionError("a kernel failed badly");
                default -> { }
            }
            float score = score(label);
            return new Classification(
                    label,
                    score,
                    List.of("other", label),
                    new float[] {1 - score, score},
                    new float[] {0, 1},
                    text.ids().length,
                    text.truncated());
        }

        @Override
        public ModelFacts facts() {
            return new ModelFacts(0, "echo", List.of("other", "same"), false, pairs, Integer.MAX_VALUE, "dense", "none");
        }

        @Override
        public void close() {
            closed.set(true);
        }
    }

    final Map<String, EchoModel> models = new LinkedHashMap<>();
    final ClassificationServer server;

    /** Small limits, so that a test reaches them. */
    static Limits.Builder limits() {
        return Limits.builder()
                .bodyBytes(64 * 1024)
                .textsPerRequest(8)
                .charactersPerText(45 * 1024)
                .queuedRequests(2)
                .tokensPerBatch(OptionalInt.of(256))
                .idle(Duration.ofSeconds(30))
                .slow(Duration.ofSeconds(30));
    }

    Served(Limits limits, int computeThreads, String... names) throws IOException {
        for (String name : names) {
            models.put(name, new EchoModel(name.startsWith("pair")));
        }
        server = new ClassificationServer(ModelRegistry.of(models), settings(limits, computeThreads));
    }

    /** With one model. */
    Served(UnaryOperator<ServerSettings> change) throws IOException {
        models.put("echo", new EchoModel());
        server = new ClassificationServer(ModelRegistry.of(models), change.apply(settings(LIMITS, 1)));
    }

    /** Free ports. */
    static ServerSettings settings(Limits limits, int computeThreads) {
        InetSocketAddress free = new InetSocketAddress("127.0.0.1", 0);
        return ServerSettings.of(free, computeThreads, limits).withGrpc(free);
    }

    Served() throws IOException {
        this(LIMITS, 1, "echo");
    }

    static float score(String label) {
        return 0.5f + Math.floorMod(label.hashCode(), 1000) / 2048f;
    }

    EchoModel model() {
        return models.values().iterator().next();
    }

    RawClient connect() throws IOException {
        return new RawClient(server.address());
    }

    /** A gRPC channel to the server; the caller's to close. */
    GrpcClient grpc() {
        return new GrpcClient(server.grpcAddress().orElseThrow());
    }

    /** Sends one request on a connection of its own. */
    RawClient.Response exchange(String request) throws IOException {
        try (RawClient client = connect()) {
            return client.send(request).read();
        }
    }

    static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        models.values().forEach(model -> model.release.countDown());
        server.close();
    }
}
