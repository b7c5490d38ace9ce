package dev.filigree.runtime.kernel.nativecode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.vector.Models;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A processor with AVX2 and emulated VNNI, on which a set of kernels is asked for by its name. */
class NativeProviderTest {
    private final Model model = Models.model(new EncoderShape(8, 1, 2, 16, 50, 16, 2, 1e-12f), Pooling.MEAN, 2, DType.INT8,
            List.of(Sparsity.DENSE), 1);
    private KernelProvider provider;

    @BeforeEach
    void twoLevels() {
        NativeKernels best = NativeLevels.emulated(Level.VNNI);
        NativeKernels other = NativeLibrary.get().levels().getLast();
        NativeLibrary library = new NativeLibrary(List.of(best, other), Optional.empty());
        provider = new NativeProvider(Optional.of(library), Optional.empty());
    }

    @Test
    void takesTheBestOrTheOneThatIsNamed() {
        assertThat(provider.tolerance()).as("8-bit codes").isEqualTo(0.15);
        KernelProvider named = provider.named("native:avx2").orElseThrow();
        assertThat(named.name()).isEqualTo("native:avx2");
        assertThat(named.tolerance()).as("16-bit codes").isEqualTo(2e-2);
        assertThat(named.refusal(model)).isEmpty();
    }

    @Test
    void givesWayToTheLevelWith16BitCodesUnlessOneWasAskedFor() {
        assertThat(provider.moreExact().map(KernelProvider::name)).hasValue("native:avx2");
        assertThat(provider.named("native:vnni").orElseThrow().moreExact()).isEmpty();
        assertThat(provider.named("native:avx2").orElseThrow().moreExact()).isEmpty();
    }

    @Test
    void saysWhatElseThereIsWhereTheProcessorLacksTheNamedOne() {
        assertThat(provider.named("native:amx").orElseThrow().refusal(model)).hasValue(
                "This processor or its operating system cannot run the amx kernels, but vnni, avx2: ask for one of these, or for native.");
    }

    @Test
    void knowsNoOtherNames() {
        assertThat(provider.named("native")).contains(provider);
        assertThat(provider.named("native:sse")).isEmpty();
        assertThat(provider.named("vector")).isEmpty();
    }
}
