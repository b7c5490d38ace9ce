package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CachedTeacherTest {
    @Test
    void endsWhereItIsInterrupted() {
        List<EncodedExample> examples = Tiny.examples(11, 3, 5);
        try (BertClassifier model = Tiny.model(Tiny.HEAD, 6)) {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> CachedTeacher.of(model, examples, 4));
        }
    }

    @Test
    void givesWhatTheModelGivesUpToHalfPrecision() throws InterruptedException {
        List<EncodedExample> examples = Tiny.examples(11, 3, 5);
        try (BertClassifier model = Tiny.model(Tiny.HEAD, 6)) {
            Teacher cached = CachedTeacher.of(model, examples, 4);
            Teacher live = Teacher.of(model);
            for (Batch batch : Batch.epoch(examples, 3, new Random(2))) {
                try (NDManager step = model.newStepManager()) {
                    Forward expected = live.outputs(step, batch);
                    Forward actual = cached.outputs(step, batch);
                    assertThat(actual.logits().toFloatArray()).containsExactly(expected.logits().toFloatArray(), within(1e-5f));
                    assertThat(actual.hiddenStates()).hasSameSizeAs(expected.hiddenStates());
                    for (int layer = 0; layer < expected.hiddenStates().size(); layer++) {
                        float[] wanted = expected.hiddenStates().get(layer).toFloatArray();
                        float[] given = actual.hiddenStates().get(layer).toFloatArray();
                        for (int i = 0; i < wanted.length; i++) {
                            int token = i / Tiny.SHAPE.hidden();
                            boolean padding = token % batch.width() >= batch.lengths()[token / batch.width()];
                            assertThat(given[i]).isCloseTo(padding ? 0 : wanted[i], within(2e-3f));
                        }
                    }
                }
            }
        }
    }
}
