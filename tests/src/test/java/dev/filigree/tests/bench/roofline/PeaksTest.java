package dev.filigree.tests.bench.roofline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.filigree.tests.bench.MachineFacts;
import dev.filigree.tests.bench.report.BenchReport.Peak;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class PeaksTest {
    private static final List<Peak> PEAKS = List.of(
            new Peak("fma avx2", "Gop/s", 100), new Peak("vpmaddwd avx2", "Gop/s", 150), new Peak("vpdpbusd avx512", "Gop/s", 700),
            new Peak("L1", "GB/s", 200), new Peak("L2", "GB/s", 90), new Peak("memory", "GB/s", 20));

    @Test
    void everyLoopThatThisProcessorHasIsMeasured() {
        assumeTrue(MachineFacts.extensions().contains("avx2"), "The peak measures need a processor with AVX2.");
        List<Peak> peaks = Peaks.measure();
        assertThat(peaks).extracting(Peak::name).contains("fma avx2", "vpmaddwd avx2", "vpmaddubsw avx2");
        assertThat(peaks).allMatch(peak -> peak.value() > 0.5 && peak.value() < 10_000);
    }

    @Test
    void roofIsThatOfTheInstructionsInUse() {
        assertThat(Peaks.rate(PEAKS, Loop.fp32("avx2"))).hasValue(100);
        assertThat(Peaks.rate(PEAKS, Loop.integer("avx2"))).hasValue(150);
        assertThat(Peaks.rate(PEAKS, Loop.integer("vnni"))).hasValue(700);
        assertThat(Peaks.rate(PEAKS, Loop.integer("amx"))).isEqualTo(OptionalDouble.empty());
    }

    @Test
    void weightsAreReadFromTheNearestLevelThatHoldsThem() {
        Map<String, Long> caches = Map.of("L1", 32_768L, "L2", 524_288L);
        assertThat(Peaks.bandwidth(PEAKS, caches, 32_768)).hasValue(200);
        assertThat(Peaks.bandwidth(PEAKS, caches, 32_769)).hasValue(90);
        assertThat(Peaks.bandwidth(PEAKS, caches, 10_000_000)).hasValue(20);
    }
}
