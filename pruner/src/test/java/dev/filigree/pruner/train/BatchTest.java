package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchTest {
    private final List<EncodedExample> examples = Tiny.examples(103, 3, 1);

    @Test
    void padsToTheLongest() {
        List<EncodedExample> two = List.of(example(0, 7, 8), example(2, 5), example(1, 9, 9, 9));
        Batch batch = Batch.of(two, List.of(1, 0));
        assertThat(batch.ids()).containsExactly(5, 0, 7, 8);
        assertThat(batch.types()).containsExactly(1, 0, 1, 1);
        assertThat(batch.lengths()).containsExactly(1, 2);
        assertThat(batch.targets()).containsExactly(2, 0);
        assertThat(batch.indices()).containsExactly(1, 0);
        assertThat(batch.tokens()).isEqualTo(3);
    }

    @Test
    void everyOrderHoldsEveryExampleOnce() {
        for (List<Batch> batches : List.of(Batch.sorted(examples, 10), Batch.epoch(examples, 10, new Random(1)))) {
            assertThat(batches).hasSize(11);
            assertThat(batches.stream().flatMapToInt(batch -> IntStream.of(batch.indices())).sorted().toArray())
                    .isEqualTo(IntStream.range(0, examples.size()).toArray());
        }
    }

    @Test
    void likeLengthsShareABatch() {
        int padded = Batch.epoch(examples, 10, new Random(1)).stream().mapToInt(batch -> batch.rows() * batch.width()).sum();
        int tokens = examples.stream().mapToInt(EncodedExample::length).sum();
        assertThat(padded).isLessThan(tokens * 5 / 4);
    }

    @Test
    void epochsDependOnTheSeedAlone() {
        assertThat(indices(1)).isEqualTo(indices(1)).isNotEqualTo(indices(2));
    }

    @Test
    void refusesEmptyBatches() {
        assertThatIllegalArgumentException().isThrownBy(() -> Batch.sorted(examples, 0)).withMessageContaining("not 0");
    }

    private List<Integer> indices(long seed) {
        return Batch.epoch(examples, 10, new Random(seed)).stream().flatMapToInt(batch -> IntStream.of(batch.indices())).boxed().toList();
    }

    private static EncodedExample example(float target, int... ids) {
        return new EncodedExample(new TokenizedText(ids, IntStream.of(ids).map(id -> 1).toArray(), false), target);
    }
}
