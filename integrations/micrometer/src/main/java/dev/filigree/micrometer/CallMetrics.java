package dev.filigree.micrometer;

import dev.filigree.runtime.CallTimings;
import dev.filigree.runtime.ClassifierListener;
import dev.filigree.runtime.ClosedClassifierException;
import dev.filigree.runtime.ClosedEncoderException;
import dev.filigree.runtime.InvalidInputException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Records the calls of one model in a {@link MeterRegistry}: give it to the builder of a {@code Classifier} or an {@code Encoder}.
 * {@snippet :
 * Classifier.builder().listener(CallMetrics.ofClassifier(registry, "sst2")).open(file)
 * }
 *
 * <table>
 * <caption>Meters of a classifier; those of an encoder begin with {@code filigree.embed}. Each has the tag {@code model}, the name that was
 * given, and the tags given beside it.</caption>
 * <tr><th>name</th><th>type, unit</th><th>further tags</th><th>what</th></tr>
 * <tr><td>{@code filigree.classify}</td><td>timer</td><td></td><td>calls that were answered, from start to end</td></tr>
 * <tr><td>{@code filigree.classify.stage}</td><td>timer</td><td>{@code stage}: {@code tokenize}, {@code compute}</td>
 * <td>where the time of such a call goes</td></tr>
 * <tr><td>{@code filigree.classify.texts}</td><td>summary, texts</td><td>{@code outcome}: {@code success}, {@code failure}</td>
 * <td>texts or pairs of a call; its count is the number of calls</td></tr>
 * <tr><td>{@code filigree.classify.tokens}</td><td>summary, tokens</td><td></td><td>tokens of a call that was answered</td></tr>
 * <tr><td>{@code filigree.classify.truncated}</td><td>counter, texts</td><td></td>
 * <td>texts or pairs that were cut to the model's longest sequence</td></tr>
 * <tr><td>{@code filigree.classify.failures}</td><td>counter</td><td>{@code exception}: simple name of its class</td>
 * <td>calls that threw</td></tr>
 * </table>
 *
 * <p>All are there from the start, at zero, but for failures by exceptions that are not the caller's doing. Times and sizes carry the range
 * that is to be expected of them, so that whoever turns on histograms (by a {@link io.micrometer.core.instrument.config.MeterFilter}) gets
 * buckets that fit. Recording an answered call allocates nothing here. Thread-safe.
 */
public final class CallMetrics implements ClassifierListener {
    /** A few tokens on a fast machine take a part of a millisecond; a long list on a slow one, many seconds. */
    private static final Duration SHORTEST = Duration.ofNanos(50_000);
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final double MOST_TEXTS = 4096;
    private static final double MOST_TOKENS = 65_536;

    private final MeterRegistry registry;
    private final String prefix;
    private final Tags tags;
    private final Timer calls;
    private final Timer tokenize;
    private final Timer compute;
    private final DistributionSummary texts;
    private final DistributionSummary failedTexts;
    private final DistributionSummary tokens;
    private final Counter truncated;
    private final Map<Class<?>, Counter> failures = new ConcurrentHashMap<>();

    private CallMetrics(MeterRegistry registry, String prefix, Tags tags, List<Class<?>> expectedFailures) {
        this.registry = registry;
        this.prefix = prefix;
        this.tags = tags;
        calls = timer("", "Calls that were answered, from start to end", tags);
        tokenize = timer(".stage", "Where the time of a call goes", tags.and("stage", "tokenize"));
        compute = timer(".stage", "Where the time of a call goes", tags.and("stage", "compute"));
        texts = summary(".texts", "texts", "Texts or pairs of a call", MOST_TEXTS, tags.and("outcome", "success"));
        failedTexts = summary(".texts", "texts", "Texts or pairs of a call", MOST_TEXTS, tags.and("outcome", "failure"));
        tokens = summary(".tokens", "tokens", "Tokens of a call", MOST_TOKENS, tags);
        truncated = Counter.builder(prefix + ".truncated").description("Texts or pairs that were cut to the model's longest sequence")
                .baseUnit("texts").tags(tags).register(registry);
        expectedFailures.forEach(this::failures);
    }

    /**
     * The meters of a classifier. Where the registry has them already, they are gone on with.
     *
     * @param registry to record in
     * @param model value of the tag {@code model}
     * @param tags to add to each meter
     */
    public static CallMetrics ofClassifier(MeterRegistry registry, String model, Tag... tags) {
        return new CallMetrics(registry, "filigree.classify", Tags.of("model", model).and(tags),
                List.of(InvalidInputException.class, ClosedClassifierException.class));
    }

    /**
     * The meters of an encoder. Where the registry has them already, they are gone on with.
     *
     * @param registry to record in
     * @param model value of the tag {@code model}
     * @param tags to add to each meter
     */
    public static CallMetrics ofEncoder(MeterRegistry registry, String model, Tag... tags) {
        return new CallMetrics(registry, "filigree.embed", Tags.of("model", model).and(tags), List.of(ClosedEncoderException.class));
    }

    @Override
    public void completed(CallTimings call) {
        calls.record(call.totalNanos(), TimeUnit.NANOSECONDS);
        tokenize.record(call.tokenizeNanos(), TimeUnit.NANOSECONDS);
        compute.record(call.computeNanos(), TimeUnit.NANOSECONDS);
        texts.record(call.texts());
        tokens.record(call.tokens());
        truncated.increment(call.truncated());
    }

    @Override
    public void failed(int texts, RuntimeException why) {
        failedTexts.record(texts);
        failures(why.getClass()).increment();
    }

    private Counter failures(Class<?> kind) {
        return failures.computeIfAbsent(kind, _ -> Counter.builder(prefix + ".failures").description("Calls that threw")
                .tags(tags.and("exception", name(kind))).register(registry));
    }

    /** An anonymous class has no simple name. */
    private static String name(Class<?> kind) {
        return kind.getSimpleName().isEmpty() ? kind.getName() : kind.getSimpleName();
    }

    private Timer timer(String suffix, String description, Tags all) {
        return Timer.builder(prefix + suffix).description(description).tags(all)
                .minimumExpectedValue(SHORTEST).maximumExpectedValue(LONGEST).register(registry);
    }

    private DistributionSummary summary(String suffix, String unit, String description, double most, Tags all) {
        return DistributionSummary.builder(prefix + suffix).description(description).baseUnit(unit).tags(all)
                .minimumExpectedValue(1.0).maximumExpectedValue(most).register(registry);
    }
}
