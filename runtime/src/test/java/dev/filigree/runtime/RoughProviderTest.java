package dev.filigree.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.GoldenExample;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.kernel.Threads;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.reference.ReferenceProvider;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A provider whose answers are too far from the golden examples. */
class RoughProviderTest {
    private final Model plain = TinyModels.of(TinyModels.SENTIMENT, Pooling.CLS, 1);
    private final List<String> closed = new ArrayList<>();
    private boolean released;

    @Test
    void givesWayToItsMoreExactForm() {
        Model model = withGoldenExample();
        try (RunningModel running = verified(model, new Rough("rough", 1, Optional.of(new Rough("exact", 0, Optional.empty()))))) {
            assertThat(running.provider().name()).isEqualTo("exact");
            assertThat(closed).containsExactly("rough");
            assertThat(released).as("the model is still in use").isFalse();
        }
        assertThat(closed).containsExactly("rough", "exact");
        assertThat(released).isTrue();
    }

    @Test
    void staysWhereItIsExactEnough() {
        try (RunningModel running = verified(withGoldenExample(), new Rough("exact", 0, Optional.empty()))) {
            assertThat(running.provider().name()).isEqualTo("exact");
        }
    }

    @Test
    void failsWhereTheMoreExactFormIsOffToo() {
        Rough exact = new Rough("exact", 0.5f, Optional.empty());
        assertThatThrownBy(() -> verified(withGoldenExample(), new Rough("rough", 1, Optional.of(exact))))
                .isInstanceOf(GoldenExampleException.class)
                .hasMessageContaining("come out wrong with provider exact, one of them off by 0.");
        assertThat(closed).containsExactly("rough", "exact");
    }

    /** One answer may be far off where activations are rounded, half of them may not. */
    @Test
    void mayBeOffOnceWhereItRoundsActivations() {
        Model model = withGoldenExamples("good", "bad", "not good");
        Rough rounding = new Rough("rounding", 1, Optional.empty(), 1, true);
        try (RunningModel running = verified(model, rounding)) {
            assertThat(running.provider().name()).isEqualTo("rounding");
        }
        assertThatThrownBy(() -> verified(model, new Rough("rounding", 1, Optional.empty(), 2, true)))
                .hasMessageContaining("half of them off by 0.");
        assertThatThrownBy(() -> verified(model, new Rough("rounding", Float.NaN, Optional.empty(), 1, true)))
                .hasMessageContaining("off by NaN");
        assertThatThrownBy(() -> verified(model, new Rough("exact", 1, Optional.empty(), 1, false)))
                .hasMessageContaining("one of them off by 0.");
    }

    private Model withGoldenExample() {
        return withGoldenExamples("good");
    }

    private Model withGoldenExamples(String... texts) {
        try (Classifier exact = Classifier.builder().provider("reference").open(plain)) {
            return TinyModels.with(plain, Stream.of(texts)
                    .map(text -> new GoldenExample(text, Optional.empty(), exact.classify(text).logits()))
                    .toList());
        }
    }

    private RunningModel verified(Model model, Rough provider) {
        Providers.Loaded loaded = new Providers.Loaded(provider, provider.load(model, Threads.own(1)));
        RunningModel running = new RunningModel(model, new WordPieceTokenizer(model.tokenizer()), loaded, () -> released = true);
        return ModelBuilder.verified(running, Threads.own(1));
    }

    /** The reference, whose first logit is moved for some of the texts. */
    private final class Rough implements KernelProvider {
        private final String name;
        private final float error;
        private final Optional<KernelProvider> moreExact;
        private final int moved;
        private final boolean roundsActivations;

        Rough(String name, float error, Optional<KernelProvider> moreExact) {
            this(name, error, moreExact, Integer.MAX_VALUE, false);
        }

        Rough(String name, float error, Optional<KernelProvider> moreExact, int moved, boolean roundsActivations) {
            this.name = name;
            this.error = error;
            this.moreExact = moreExact;
            this.moved = moved;
            this.roundsActivations = roundsActivations;
        }

        @Override
        public boolean roundsActivations() {
            return roundsActivations;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Optional<KernelProvider> moreExact() {
            return moreExact;
        }

        @Override
        public Optional<String> refusal(Model model) {
            return Optional.empty();
        }

        @Override
        public EncoderProgram load(Model model, Threads threads) {
            EncoderProgram reference = new ReferenceProvider().load(model, threads);
            return new EncoderProgram() {
                @Override
                public float[] logits(TokenBatch batch) {
                    float[] logits = reference.logits(batch);
                    for (int i = 0; i < Math.min(moved, batch.sequences()); i++) {
                        logits[i * logits.length / batch.sequences()] += error;
                    }
                    return logits;
                }

                @Override
                public float[] hiddenStates(TokenBatch batch) {
                    return reference.hiddenStates(batch);
                }

                @Override
                public void close() {
                    closed.add(name);
                    reference.close();
                }
            };
        }
    }
}
