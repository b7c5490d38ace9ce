package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.Pooling;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainerTest {
    private static final HeadSpec TWO = new HeadSpec(Pooling.MEAN, 2, false);

    @Test
    void learnsSeparableTask() throws Exception {
        List<EncodedExample> examples = Tiny.separable(64, 3);
        try (BertClassifier model = Tiny.model(TWO, 1)) {
            TrainingResult result = new Trainer(model, TrainingListener.SILENT)
                    .train(examples, TrainingPlan.of("learn", 60, 16, 1e-2, 7), Objective.LABELS, StepHook.NONE);
            assertThat(result.lastLoss()).isLessThan(0.2).isLessThan(result.firstLoss() / 2);
            assertThat(accuracy(model.evaluate(examples, 10), examples)).isGreaterThan(0.95);
        }
    }

    static double accuracy(float[][] logits, List<EncodedExample> examples) {
        int right = 0;
        for (int i = 0; i < logits.length; i++) {
            right += (logits[i][1] > logits[i][0] ? 1 : 0) == (int) examples.get(i).target() ? 1 : 0;
        }
        return (double) right / logits.length;
    }
}
