package dev.filigree.server;

import dev.filigree.server.config.Limits;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The flags of {@link Limits}. */
final class LimitOptions {
    /** Longer than anybody means; clocks count nanoseconds, of which a long holds 292 years. */
    static final Duration LONGEST = Duration.ofDays(365);

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--queue", paramLabel = "N", description = "most requests that wait to be computed; beyond it 429")
    private int queuedRequests = Limits.DEFAULT.queuedRequests();

    @Option(names = "--batch-tokens", paramLabel = "N",
            description = "most tokens computed together (default: what is best for the model's kernels)",
            showDefaultValue = Help.Visibility.NEVER)
    private Optional<Integer> tokensPerBatch = Optional.empty();

    @Option(names = "--batch-wait", paramLabel = "MICROSECONDS",
            description = "how long a request may wait for company in its batch while other batches are computed; a lone one never waits")
    private long batchWait = Limits.DEFAULT.batchWait().toNanos() / 1000;

    @Option(names = "--max-body", paramLabel = "BYTES", description = "longest request body; beyond it 413")
    private int bodyBytes = Limits.DEFAULT.bodyBytes();

    @Option(names = "--max-bodies", paramLabel = "BYTES",
            description = "most bytes of bodies that arrive or wait, of all connections together; beyond it 429"
                    + " (default: a quarter of the heap)",
            showDefaultValue = Help.Visibility.NEVER)
    private long bodiesBytes = Limits.DEFAULT.bodiesBytes();

    @Option(names = "--max-headers", paramLabel = "BYTES", description = "longest headers of a request; beyond it 431")
    private int headerBytes = Limits.DEFAULT.headerBytes();

    @Option(names = "--max-texts", paramLabel = "N", description = "most inputs in one request; beyond it 400")
    private int textsPerRequest = Limits.DEFAULT.textsPerRequest();

    @Option(names = "--max-chars", paramLabel = "N", description = "longest text in characters; beyond it 400")
    private int charactersPerText = Limits.DEFAULT.charactersPerText();

    @Option(names = "--max-connections", paramLabel = "N", description = "most connections at a time; further ones are closed at once")
    private int connections = Limits.DEFAULT.connections();

    @Option(names = "--idle", paramLabel = "SECONDS",
            description = "how long a connection may wait for a request's head or take to receive an answer before it is closed")
    private long idle = Limits.DEFAULT.idle().toSeconds();

    @Option(names = "--slow", paramLabel = "SECONDS", description = "how long a body may take to arrive; beyond it 408")
    private long slow = Limits.DEFAULT.slow().toSeconds();

    @Option(names = "--grace", paramLabel = "SECONDS",
            description = "how long a stopping server says that it is not ready, but serves as before")
    private long grace = Limits.DEFAULT.grace().toSeconds();

    @Option(names = "--drain", paramLabel = "SECONDS", description = "how long a stopping server waits for requests in flight")
    private long drain = Limits.DEFAULT.drain().toSeconds();

    Limits limits() {
        boolean allPositive = LongStream.of(bodyBytes, headerBytes, textsPerRequest, charactersPerText, queuedRequests,
                tokensPerBatch.orElse(1), connections, idle, slow, drain).allMatch(limit -> limit > 0);
        if (!allPositive || batchWait < 0 || grace < 0) {
            throw new ParameterException(spec.commandLine(), "Every limit must be at least 1.");
        }
        if (LongStream.of(batchWait / 1_000_000, idle, slow, grace, drain).anyMatch(seconds -> seconds > LONGEST.toSeconds())) {
            throw new ParameterException(
                    spec.commandLine(), "Every time must be at most a year, " + LONGEST.toSeconds() + " s.");
        }
        if (bodiesBytes < bodyBytes) {
            throw new ParameterException(spec.commandLine(), "--max-bodies must be at least --max-body (" + bodyBytes
                    + "), not " + bodiesBytes + "; where it is not given it is a quarter of the heap.");
        }
        return Limits.builder()
                .bodyBytes(bodyBytes)
                .bodiesBytes(bodiesBytes)
                .headerBytes(headerBytes)
                .textsPerRequest(textsPerRequest)
                .charactersPerText(charactersPerText)
                .queuedRequests(queuedRequests)
                .tokensPerBatch(tokensPerBatch.map(OptionalInt::of).orElse(OptionalInt.empty()))
                .batchWait(Duration.ofNanos(1000 * batchWait))
                .connections(connections)
                .idle(Duration.ofSeconds(idle))
                .slow(Duration.ofSeconds(slow))
                .grace(Duration.ofSeconds(grace))
                .drain(Duration.ofSeconds(drain))
                .build();
    }
}
