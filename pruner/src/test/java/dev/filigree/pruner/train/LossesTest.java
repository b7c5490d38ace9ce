package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LossesTest {
    private static final DistillationWeights RELATIONS = new DistillationWeights(0, 0, 0, 0.6);

    private final List<EncodedExample> examples = Tiny.examples(6, 3, 21);

    /** The formula of MiniLMv2 in plain Java, text by text and without padding. */
    @Test
    void relationsFollowTheFormula() throws InterruptedException {
        try (BertClassifier student = Tiny.model(Tiny.HEAD, 4); BertClassifier teacher = Tiny.model(Tiny.HEAD, 77)) {
            double expected = 0;
            int tokens = 0;
            for (int i = 0; i < examples.size(); i++) {
                Batch alone = Batch.of(examples, List.of(i));
                expected += divergences(student, teacher, alone);
                tokens += alone.tokens();
            }
            expected *= 0.6 / (3 * Tiny.SHAPE.heads() * tokens);
            assertThat(expected).isGreaterThan(0.01);
            Batch batch = Batch.of(examples, IntStream.range(0, examples.size()).boxed().toList());
            assertThat(loss(student, Teacher.of(teacher), batch)).isCloseTo(expected, within(1e-5 * expected + 1e-6));
            assertThat(loss(student, CachedTeacher.of(teacher, examples, 4), batch)).isCloseTo(expected, within(5e-3 * expected));
            assertThat(loss(student, Teacher.of(student), batch)).isCloseTo(0, within(1e-7));
        }
    }

    private static double loss(BertClassifier student, Teacher teacher, Batch batch) {
        Losses losses = new Losses(Tiny.HEAD, Objective.imitate(teacher, RELATIONS), false);
        try (NDManager step = student.newStepManager()) {
            return losses.of(step, batch, student.forward(step, batch)).getFloat();
        }
    }

    /** Sum over queries, keys and values, heads and tokens. */
    private static double divergences(BertClassifier student, BertClassifier teacher, Batch alone) {
        try (NDManager step = student.newStepManager()) {
            List<NDArray> mine = student.forward(step, alone).lastHeads().get().all();
            List<NDArray> theirs = teacher.forward(step, alone).lastHeads().get().all();
            int n = alone.tokens();
            double sum = 0;
            for (int a = 0; a < 3; a++) {
                float[] q = mine.get(a).toFloatArray();
                float[] p = theirs.get(a).toFloatArray();
                for (int head = 0; head < Tiny.SHAPE.heads(); head++) {
                    for (int token = 0; token < n; token++) {
                        double[] wanted = relation(p, head, token, n);
                        double[] given = relation(q, head, token, n);
                        for (int other = 0; other < n; other++) {
                            sum += wanted[other] * Math.log(wanted[other] / given[other]);
                        }
                    }
                }
            }
            return sum;
        }
    }

    private static double[] relation(float[] values, int head, int token, int n) {
        int width = Tiny.SHAPE.headWidth();
        double[] relation = new double[n];
        for (int other = 0; other < n; other++) {
            double product = 0;
            for (int i = 0; i < width; i++) {
                product += (double) values[(head * n + token) * width + i] * values[(head * n + other) * width + i];
            }
            relation[other] = Math.exp(product / Math.sqrt(width));
        }
        double sum = IntStream.range(0, n).mapToDouble(i -> relation[i]).sum();
        return IntStream.range(0, n).mapToDouble(i -> relation[i] / sum).toArray();
    }
}
