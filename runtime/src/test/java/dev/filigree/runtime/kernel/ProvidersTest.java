package dev.filigree.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.TinyModels;
import dev.filigree.runtime.kernel.reference.ReferenceProvider;
import dev.filigree.runtime.kernel.vector.Jvm;
import dev.filigree.runtime.kernel.vector.VectorProvider;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProvidersTest {
    private static final Model MODEL = TinyModels.of(TinyModels.SENTIMENT, Pooling.CLS, 1);
    private static final KernelProvider FAST =
            new Rung("fast", Optional.of("This CPU has no wings: attach some."), Optional.empty(), false);
    private static final KernelProvider LATE = new Rung("late", Optional.empty(), Optional.of("The wings are full: empty them."), false);
    private static final KernelProvider MIDDLE = new Rung("middle", Optional.empty(), Optional.empty(), false);
    private static final KernelProvider SLOW = new Rung("slow", Optional.empty(), Optional.empty(), false);

    @Test
    void namesAreKnownBeforeAnythingIsLoaded() {
        assertThat(Providers.names()).contains("auto", "reference").allMatch(Providers::isName);
        assertThat(Providers.isName("cuda:1")).isTrue();
        assertThat(Providers.isName("abacus")).isFalse();
    }

    @Test
    void autoTakesTheFirstRungThatHolds() {
        assertThat(load(List.of(FAST, MIDDLE, SLOW), "auto")).isSameAs(MIDDLE);
        assertThat(load(List.of(MIDDLE, SLOW), "auto")).isSameAs(MIDDLE);
    }

    @Test
    void aRungThatBreaksWhileItLoadsIsPassedOver() {
        assertThat(load(List.of(FAST, LATE, SLOW), "auto")).isSameAs(SLOW);
    }

    @Test
    void cpuPassesOverWhatNeedsAGpu() {
        KernelProvider graphics = new Rung("graphics", Optional.empty(), Optional.empty(), true);
        assertThat(load(List.of(graphics, FAST, SLOW), "cpu")).isSameAs(SLOW);
        assertThat(load(List.of(graphics, SLOW), "auto")).isSameAs(graphics);
    }

    @Test
    void aNameForcesItsRung() {
        assertThat(load(List.of(FAST, MIDDLE, SLOW), "slow")).isSameAs(SLOW);
    }

    @Test
    void anUnknownNameIsToldTheKnownOnes() {
        assertThatThrownBy(() -> load(List.of(FAST, SLOW), "quick"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("There is no provider 'quick': write one of auto, cpu, fast, slow.");
    }

    @Test
    void aForcedRungThatDoesNotHoldGivesItsReason() {
        assertThatThrownBy(() -> load(List.of(FAST, SLOW), "fast"))
                .isInstanceOf(ProviderRefusedException.class)
                .hasMessage("Provider fast cannot run the model: This CPU has no wings: attach some.");
        assertThatThrownBy(() -> load(List.of(LATE, SLOW), "late"))
                .isInstanceOf(ProviderRefusedException.class)
                .hasMessage("Provider late cannot run the model: The wings are full: empty them.");
    }

    @Test
    void theLadderOfThisJvmHoldsTheProvidersFromTheFastestOn() {
        assertThat(Providers.names()).containsExactly("auto", "cpu", "cuda", "native", "vector", "reference");
        try (EncoderProgram program = Providers.load(MODEL, "reference", 1).program()) {
            assertThat(program.logits(new TokenBatch(new int[] {2}, new int[1], new int[] {0, 1}))).hasSize(2);
        }
    }

    private static KernelProvider load(List<KernelProvider> ladder, String name) {
        return Providers.load(ladder, MODEL, name, Threads.own(1)).provider();
    }

    @Test
    void stepsDownFromVectorsThatAreNotCompiled() throws Exception {
        assertThat(Jvm.run(WithoutNative.class, "--add-modules", "jdk.incubator.vector")).contains("loaded: vector");
        assertThat(Jvm.run(WithoutNative.class, "--add-modules", "jdk.incubator.vector", "-XX:TieredStopAtLevel=1"))
                .contains("loaded: reference");
    }

    /** Prints what the ladder chooses below {@code native}. */
    static final class WithoutNative {
        private WithoutNative() {}

        public static void main(String[] args) {
            System.out.println("loaded: " + ProvidersTest.load(List.of(new VectorProvider(), new ReferenceProvider()), "auto").name());
        }
    }

    private record Rung(String name, Optional<String> reason, Optional<String> breaks, boolean usesGpu) implements KernelProvider {
        @Override
        public Optional<String> refusal(Model model) {
            return reason;
        }

        @Override
        public EncoderProgram load(Model model, Threads threads) {
            assertThat(reason).as("a refusing provider is not asked to load").isEmpty();
            breaks.ifPresent(why -> {
                throw new ProviderRefusedException(why);
            });
            return new ReferenceProvider().load(model, threads);
        }
    }
}
