package dev.filigree.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.TinyModels;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProvidersTest {
    private static final Model MODEL = TinyModels.of(TinyModels.SENTIMENT, Pooling.CLS, 1);
    private static final KernelProvider FAST = new Rung("fast", Optional.of("This CPU has no wings: attach some."));
    private static final KernelProvider MIDDLE = new Rung("middle", Optional.empty());
    private static final KernelProvider SLOW = new Rung("slow", Optional.empty());

    @Test
    void autoTakesTheFirstRungThatHolds() {
        assertThat(Providers.choose(List.of(FAST, MIDDLE, SLOW), MODEL, "auto")).isSameAs(MIDDLE);
        assertThat(Providers.choose(List.of(MIDDLE, SLOW), MODEL, "auto")).isSameAs(MIDDLE);
    }

    @Test
    void aNameForcesItsRung() {
        assertThat(Providers.choose(List.of(FAST, MIDDLE, SLOW), MODEL, "slow")).isSameAs(SLOW);
    }

    @Test
    void anUnknownNameIsToldTheKnownOnes() {
        assertThatThrownBy(() -> Providers.choose(List.of(FAST, SLOW), MODEL, "quick"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("There is no provider 'quick': write one of auto, fast, slow.");
    }

    @Test
    void aForcedRungThatDoesNotHoldGivesItsReason() {
        assertThatThrownBy(() -> Providers.choose(List.of(FAST, SLOW), MODEL, "fast"))
                .isInstanceOf(ProviderRefusedException.class)
                .hasMessage("Provider fast cannot run the model: This CPU has no wings: attach some.");
    }

    @Test
    void theLadderOfThisJvmHoldsVectorAboveReference() {
        assertThat(Providers.names()).containsExactly("auto", "vector", "reference");
        assertThat(Providers.choose(MODEL, "auto").name()).isEqualTo("vector");
        assertThat(Providers.choose(MODEL, "reference").name()).isEqualTo("reference");
    }

    private record Rung(String name, Optional<String> reason) implements KernelProvider {
        @Override
        public Optional<String> refusal(Model model) {
            return reason;
        }

        @Override
        public EncoderProgram load(Model model, int threads) {
            throw new AssertionError("Choosing loads nothing.");
        }
    }
}
