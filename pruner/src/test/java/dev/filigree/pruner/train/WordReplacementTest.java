package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WordReplacementTest {
    /** 0 to 4 are no words of one token; words from 5 on lie on a circle, a degree apart, so that the nearest ones have the next ids. */
    private static final List<String> SPECIAL = List.of("[PAD]", "[CLS]", "[SEP]", "##ing", "7th");
    private static final int WORDS = 40;
    private static final int FIRST = SPECIAL.size();
    private static final List<String> VOCABULARY = vocabulary();

    @Test
    void wordsGiveWayToTheirNearest() {
        Batch batch = batch(1, 25, 2);
        boolean[] seen = new boolean[VOCABULARY.size()];
        WordReplacement words = words(1);
        for (int seed = 0; seed < 400; seed++) {
            long[] ids = words.apply(batch, new SplittableRandom(seed)).ids();
            assertThat(ids[0]).isEqualTo(1);
            assertThat(ids[2]).isEqualTo(2);
            seen[(int) ids[1]] = true;
        }
        // Fifteen of them: seven on one side, seven on the other, and one of the two that are eight away.
        assertThat(IntStream.range(0, seen.length).filter(id -> seen[id]).toArray())
                .hasSize(WordReplacement.NEIGHBOURS)
                .contains(18, 19, 20, 21, 22, 23, 24, 26, 27, 28, 29, 30, 31, 32)
                .doesNotContain(25);
    }

    @Test
    void piecesAndWhatTheyContinueStay() {
        Batch batch = batch(1, 10, 3, 4, 11, 2);
        long[] ids = words(1).apply(batch, new SplittableRandom(1)).ids();
        assertThat(ids).startsWith(1, 10, 3, 4).endsWith(2);
        assertThat(ids[4]).isNotEqualTo(11);
    }

    @Test
    void aShareOfThemIsReplaced() {
        int[] text = IntStream.range(0, 4000).map(i -> FIRST + i % WORDS).toArray();
        Batch batch = batch(text);
        long[] ids = words(0.3).apply(batch, new SplittableRandom(1)).ids();
        assertThat(IntStream.range(0, text.length).filter(i -> ids[i] != text[i]).count()).isBetween(1100L, 1300L);
        assertThat(batch.ids()[0]).as("the given batch stays").isEqualTo(FIRST);
        assertThat(words(0.3).apply(batch, new SplittableRandom(1)).ids()).isEqualTo(ids);
    }

    @Test
    void onlyWordsOfTheTextsArePutIn() {
        List<EncodedExample> few = List.of(example(1, 6, 44, 2), example(1, 30, 2));
        WordReplacement words = new WordReplacement(VOCABULARY, embedding(), 2, few, 1);
        for (int seed = 0; seed < 50; seed++) {
            assertThat(words.apply(Batch.of(few, List.of(0, 1)), new SplittableRandom(seed)).ids()[1]).isIn(44L, 30L);
        }
        List<EncodedExample> alone = List.of(example(1, 6, 2));
        assertThat(new WordReplacement(VOCABULARY, embedding(), 2, alone, 1)
                .apply(Batch.of(alone, List.of(0)), new SplittableRandom(1)).ids()).containsExactly(1, 6, 2);
    }

    /** What trains sees the words of its step, resumed or not, and what is not augmented sees none. */
    @Test
    void eachStepHasItsOwnWords() {
        List<EncodedExample> examples = List.of(example(1, 20, 21, 22, 2), example(1, 30, 31, 32, 2));
        TrainingPlan plan = TrainingPlan.of("test", 4, 2, 1e-3, 7);
        BatchOrder plain = new BatchOrder(examples, List.of(0, 1), plan);
        TrainingPlan augmented = plan.withReplacement(Optional.of(words(0.5)));
        BatchOrder order = new BatchOrder(examples, List.of(0, 1), augmented);
        long[] third = order.at(2).ids();
        assertThat(third).isNotEqualTo(plain.at(2).ids()).isNotEqualTo(order.at(3).ids());
        assertThat(new BatchOrder(examples, List.of(0, 1), augmented).at(2).ids()).isEqualTo(third);
        assertThat(order.at(2).indices()).isEqualTo(plain.at(2).indices());
    }

    private static WordReplacement words(double share) {
        return new WordReplacement(VOCABULARY, embedding(), 2, List.of(example(IntStream.range(0, VOCABULARY.size()).toArray())), share);
    }

    /** One row more than there are tokens, as some models have it. */
    private static float[] embedding() {
        float[] embedding = new float[2 * (VOCABULARY.size() + 1)];
        for (int id = FIRST; id < VOCABULARY.size(); id++) {
            double length = 1 + id % 3;
            embedding[2 * id] = (float) (length * Math.cos(Math.toRadians(id)));
            embedding[2 * id + 1] = (float) (length * Math.sin(Math.toRadians(id)));
        }
        return embedding;
    }

    private static List<String> vocabulary() {
        List<String> vocabulary = new ArrayList<>(SPECIAL);
        for (int i = 0; i < WORDS; i++) {
            vocabulary.add("word" + (char) ('a' + i / 20) + (char) ('a' + i % 20));
        }
        return vocabulary;
    }

    private static Batch batch(int... ids) {
        return Batch.of(List.of(example(ids)), List.of(0));
    }

    private static EncodedExample example(int... ids) {
        return new EncodedExample(new TokenizedText(ids, new int[ids.length], false), 0);
    }
}
