package dev.filigree.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.CallTimings;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.ClosedEncoderException;
import dev.filigree.runtime.InvalidInputException;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.TinyModels;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CallMetricsTest {
    private static final CallTimings CALL = new CallTimings(3, 40, 1, 20_000, 900_000, 1_000_000);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void anAnsweredCallIsTimedAndMeasured() {
        CallMetrics metrics = CallMetrics.ofClassifier(registry, "sst2");

        metrics.completed(CALL);
        metrics.completed(CALL);

        Tags model = Tags.of("model", "sst2");
        assertThat(registry.get("filigree.classify").tags(model).timer().count()).isEqualTo(2);
        assertThat(registry.get("filigree.classify").tags(model).timer().totalTime(TimeUnit.NANOSECONDS)).isEqualTo(2_000_000);
        assertThat(registry.get("filigree.classify.stage").tags(model.and("stage", "tokenize")).timer().totalTime(TimeUnit.NANOSECONDS))
                .isEqualTo(40_000);
        assertThat(registry.get("filigree.classify.stage").tags(model.and("stage", "compute")).timer().totalTime(TimeUnit.NANOSECONDS))
                .isEqualTo(1_800_000);
        assertThat(registry.get("filigree.classify.texts").tags(model.and("outcome", "success")).summary().totalAmount()).isEqualTo(6);
        assertThat(registry.get("filigree.classify.texts").tags(model.and("outcome", "failure")).summary().count()).isZero();
        assertThat(registry.get("filigree.classify.tokens").tags(model).summary().totalAmount()).isEqualTo(80);
        assertThat(registry.get("filigree.classify.truncated").tags(model).counter().count()).isEqualTo(2);
    }

    @Test
    void aClassifierTellsWhatItsAnswersSay() {
        Model model = TinyModels.of(TinyModels.SENTIMENT, Pooling.MEAN, 1);
        try (Classifier classifier = Classifier.builder().listener(CallMetrics.ofClassifier(registry, "tiny")).open(model)) {
            List<Classification> answers =
                    classifier.classify(List.of(TextInput.of("good"), TextInput.of("not good ".repeat(TinyModels.MAX_TOKENS))));
            assertThatExceptionOfType(InvalidInputException.class).isThrownBy(() -> classifier.classify("a", "pair"));

            assertThat(registry.get("filigree.classify.tokens").summary().totalAmount())
                    .isEqualTo(answers.stream().mapToInt(Classification::tokens).sum());
        }
        assertThat(registry.get("filigree.classify.texts").tag("outcome", "success").summary().totalAmount()).isEqualTo(2);
        assertThat(registry.get("filigree.classify.truncated").counter().count()).isEqualTo(1);
        assertThat(failures("InvalidInputException")).isEqualTo(1);
        assertThat(registry.find("filigree.classify.stage").timers()).hasSize(2).allMatch(stage -> stage.count() == 1
                && stage.totalTime(TimeUnit.NANOSECONDS) <= registry.get("filigree.classify").timer().totalTime(TimeUnit.NANOSECONDS));
    }

    @Test
    void failuresAreCountedByKind() {
        CallMetrics metrics = CallMetrics.ofClassifier(registry, "sst2");

        metrics.failed(4, new InvalidInputException("A pair."));
        metrics.failed(1, new IllegalStateException("Broken."));
        metrics.failed(1, new IllegalStateException("Broken."));

        assertThat(failures("InvalidInputException")).isEqualTo(1);
        assertThat(failures("IllegalStateException")).isEqualTo(2);
        assertThat(failures("ClosedClassifierException")).isZero();
        assertThat(registry.get("filigree.classify.texts").tag("outcome", "failure").summary().totalAmount()).isEqualTo(6);
        assertThat(registry.get("filigree.classify").timer().count()).isZero();
    }

    private double failures(String exception) {
        return registry.get("filigree.classify.failures").tag("exception", exception).counter().count();
    }

    @Test
    void anEncoderHasMetersOfItsOwn() {
        CallMetrics metrics = CallMetrics.ofEncoder(registry, "minilm");

        metrics.completed(CALL);
        metrics.failed(1, new ClosedEncoderException());

        assertThat(registry.getMeters()).extracting(meter -> meter.getId().getName()).allMatch(name -> name.startsWith("filigree.embed"));
        assertThat(registry.get("filigree.embed").tag("model", "minilm").timer().count()).isEqualTo(1);
        assertThat(registry.get("filigree.embed.failures").tag("exception", "ClosedEncoderException").counter().count()).isEqualTo(1);
    }

    @Test
    void everyMeterHasTheTagsThatWereGiven() {
        CallMetrics.ofClassifier(registry, "sst2", Tag.of("region", "north"));

        assertThat(registry.getMeters()).hasSize(9).extracting(Meter::getId)
                .allMatch(id -> "sst2".equals(id.getTag("model")) && "north".equals(id.getTag("region")));
    }

    @Test
    void aModelThatIsOpenedAgainGoesOnWithItsMeters() {
        CallMetrics.ofClassifier(registry, "sst2").completed(CALL);
        CallMetrics.ofClassifier(registry, "sst2").completed(CALL);

        assertThat(registry.get("filigree.classify").timer().count()).isEqualTo(2);
    }

    @Test
    void prometheusFindsTheNamesItExpects() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        CallMetrics metrics = CallMetrics.ofClassifier(prometheus, "sst2");

        metrics.completed(CALL);
        metrics.failed(1, new InvalidInputException("A pair."));

        assertThat(prometheus.scrape().lines()).contains(
                "filigree_classify_seconds_count{model=\"sst2\"} 1",
                "filigree_classify_seconds_sum{model=\"sst2\"} 0.001",
                "filigree_classify_stage_seconds_sum{model=\"sst2\",stage=\"compute\"} 9.0E-4",
                "filigree_classify_texts_sum{model=\"sst2\",outcome=\"success\"} 3.0",
                "filigree_classify_tokens_sum{model=\"sst2\"} 40.0",
                "filigree_classify_truncated_texts_total{model=\"sst2\"} 1.0",
                "filigree_classify_failures_total{exception=\"InvalidInputException\",model=\"sst2\"} 1.0",
                "filigree_classify_failures_total{exception=\"ClosedClassifierException\",model=\"sst2\"} 0.0");
    }

    @Test
    void histogramsHaveBucketsBelowAMillisecond() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        prometheus.config().meterFilter(new MeterFilter() {
            @Override
            public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
                return DistributionStatisticConfig.builder().percentilesHistogram(true).build().merge(config);
            }
        });

        CallMetrics.ofClassifier(prometheus, "sst2").completed(CALL);

        assertThat(prometheus.scrape().lines().filter(line -> line.startsWith("filigree_classify_seconds_bucket"))
                .map(line -> line.replaceAll(".*le=\"([^\"]*)\".*", "$1")).filter(bound -> !bound.equals("+Inf"))
                .mapToDouble(Double::parseDouble)).anyMatch(bound -> bound < 1e-4).anyMatch(bound -> bound > 20);
    }

    @Test
    void recordingAnAnsweredCallAllocatesNothing() {
        CallMetrics metrics = CallMetrics.ofClassifier(registry, "sst2");
        int calls = 20_000;
        record(metrics, calls);

        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        record(metrics, calls);

        assertThat((double) (threads.getCurrentThreadAllocatedBytes() - before) / calls).isCloseTo(0, within(1.0));
    }

    private static void record(CallMetrics metrics, int calls) {
        for (int i = 0; i < calls; i++) {
            metrics.completed(CALL);
        }
    }
}
