package dev.filigree.pruner.train;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Puts other words of like meaning into training texts, for a teacher to judge: a student that imitates meets more texts than there are
 * examples. As in TinyBERT (Jiao et al. 2020, arXiv 1909.10351, section 3.3, algorithm 1), but with the model's own word embedding in the
 * place of GloVe, and drawn anew at each step. Words are those of the training texts that are one token each; a word that was cut into
 * pieces stays. Not thread-safe: neighbours are looked up when they are first asked for.
 */
public final class WordReplacement {
    /** How many of a word's nearest ones may stand in for it, as in TinyBERT. */
    static final int NEIGHBOURS = 15;

    private final double share;
    private final boolean[] continues;
    /** Token of each word. */
    private final int[] words;
    /** Word of each token, -1 for what is none. */
    private final int[] wordOf;
    /** Embeddings of the words at length one, {@code [hidden, words]}. */
    private final float[] directions;
    private final int[][] neighbours;

    /**
     * Prepares it.
     *
     * @param model whose word embedding says which words are alike
     * @param vocabulary token of each id
     * @param examples the training texts, whose words are put in
     * @param share of the words that are replaced at each step, 0 to 1
     */
    public static WordReplacement of(BertClassifier model, List<String> vocabulary, List<EncodedExample> examples, double share) {
        float[] embedding = model.parameter(Parameters.WORD_EMBEDDINGS).weights();
        return new WordReplacement(vocabulary, embedding, model.shape().hidden(), examples, share);
    }

    /** With the embedding {@code [tokens or more, hidden]}. */
    WordReplacement(List<String> vocabulary, float[] embedding, int hidden, List<EncodedExample> examples, double share) {
        this.share = share;
        int tokens = vocabulary.size();
        continues = new boolean[tokens];
        boolean[] isWord = new boolean[tokens];
        for (int id = 0; id < tokens; id++) {
            String token = vocabulary.get(id);
            continues[id] = token.startsWith("##");
            isWord[id] = token.codePoints().allMatch(Character::isLetter);
        }
        words = examples.stream().flatMapToInt(example -> IntStream.of(example.text().ids())).filter(id -> isWord[id]).distinct().sorted()
                .toArray();
        wordOf = new int[tokens];
        Arrays.fill(wordOf, -1);
        directions = new float[hidden * words.length];
        for (int word = 0; word < words.length; word++) {
            wordOf[words[word]] = word;
            int row = words[word] * hidden;
            double squares = 0;
            for (int k = 0; k < hidden; k++) {
                squares += (double) embedding[row + k] * embedding[row + k];
            }
            for (int k = 0; k < hidden; k++) {
                directions[k * words.length + word] = (float) (embedding[row + k] / Math.sqrt(squares));
            }
        }
        neighbours = new int[words.length][];
    }

    /** The same batch with some of its words replaced; what they were is left in the given one. */
    Batch apply(Batch batch, RandomGenerator random) {
        long[] ids = batch.ids().clone();
        for (int row = 0; row < batch.rows(); row++) {
            int end = row * batch.width() + batch.lengths()[row];
            for (int i = row * batch.width(); i < end; i++) {
                int word = wordOf[(int) batch.ids()[i]];
                boolean whole = word >= 0 && (i + 1 == end || !continues[(int) batch.ids()[i + 1]]);
                if (whole && random.nextDouble() < share) {
                    int[] near = neighbours(word);
                    ids[i] = near.length == 0 ? ids[i] : near[random.nextInt(near.length)];
                }
            }
        }
        return new Batch(batch.rows(), batch.width(), ids, batch.types(), batch.lengths(), batch.targets(), batch.indices());
    }

    /** Tokens of the words nearest to this one by the cosine of their embeddings. */
    private int[] neighbours(int word) {
        if (neighbours[word] == null) {
            float[] cosines = new float[words.length];
            for (int k = 0; k < directions.length; k += words.length) {
                float own = directions[k + word];
                for (int other = 0; other < words.length; other++) {
                    cosines[other] += own * directions[k + other];
                }
            }
            cosines[word] = Float.NEGATIVE_INFINITY;
            neighbours[word] = largest(cosines, Math.min(NEIGHBOURS, words.length - 1));
        }
        return neighbours[word];
    }

    /** Tokens of the words with the largest values, largest first. */
    private int[] largest(float[] values, int count) {
        int[] best = new int[count];
        int found = 0;
        for (int i = 0; i < values.length; i++) {
            if (found == count && (count == 0 || values[i] <= values[best[count - 1]])) {
                continue;
            }
            int place = found < count ? found++ : count - 1;
            for (; place > 0 && values[best[place - 1]] < values[i]; place--) {
                best[place] = best[place - 1];
            }
            best[place] = i;
        }
        return IntStream.of(best).map(i -> words[i]).toArray();
    }
}
