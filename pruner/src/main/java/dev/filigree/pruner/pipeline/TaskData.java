package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.glue.Example;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueFile;
import dev.filigree.pruner.glue.GlueMetrics;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.TaskScore;
import dev.filigree.pruner.train.EncodedExample;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A task's training and evaluation examples, tokenized.
 *
 * @param task the task
 * @param train what is trained on
 * @param dev what is evaluated on, file by file
 * @param digests SHA-256 (hex) of each file by its name in the standard layout
 */
record TaskData(GlueTask task, List<EncodedExample> train, List<DevFile> dev, Map<String, String> digests) {
    /**
     * One evaluation file.
     *
     * @param split which
     * @param texts as read
     * @param encoded tokenized, in the same order
     */
    record DevFile(GlueSplit split, List<Example> texts, List<EncodedExample> encoded) {
        private float[] targets() {
            float[] targets = new float[texts.size()];
            for (int i = 0; i < targets.length; i++) {
                targets[i] = texts.get(i).target();
            }
            return targets;
        }
    }

    /** Scores answers (label indices, or scores for a regression) to the examples of every evaluation file. */
    TaskScore score(List<float[]> answers) {
        return TaskScore.mean(IntStream.range(0, dev.size())
                .mapToObj(i -> GlueMetrics.score(task, dev.get(i).split(), answers.get(i), dev.get(i).targets()))
                .toList());
    }

    /** What three models answered, file by file. */
    List<Predictions> predictions(List<float[]> dense, List<float[]> pruned, List<float[]> packed) {
        return IntStream.range(0, dev.size())
                .mapToObj(i -> new Predictions(dev.get(i).split(), dev.get(i).targets(), dense.get(i), pruned.get(i), packed.get(i)))
                .toList();
    }

    /** Reads and tokenizes both splits. */
    static TaskData load(GlueTask task, GlueData source, WordPieceTokenizer tokenizer) throws IOException {
        Map<String, String> digests = new LinkedHashMap<>();
        GlueFile train = source.read(task, GlueSplit.TRAIN);
        digests.put(train.name(), train.sha256());
        List<DevFile> dev = new ArrayList<>();
        for (GlueSplit split : task.devSplits()) {
            GlueFile file = source.read(task, split);
            digests.put(file.name(), file.sha256());
            dev.add(new DevFile(split, file.examples(), encode(file.examples(), tokenizer)));
        }
        return new TaskData(task, encode(train.examples(), tokenizer), dev, digests);
    }

    /** The training texts that one-shot methods look at, chosen by the seed. */
    List<EncodedExample> calibration(PruneSettings settings) {
        List<EncodedExample> shuffled = new ArrayList<>(train);
        Collections.shuffle(shuffled, new Random(settings.seed()));
        return shuffled.subList(0, Math.min(settings.calibrationTexts(), shuffled.size()));
    }

    /** Tokenizes texts or pairs. */
    static List<EncodedExample> encode(List<Example> examples, WordPieceTokenizer tokenizer) {
        return examples.stream().map(example -> new EncodedExample(encode(example, tokenizer), example.target())).toList();
    }

    private static TokenizedText encode(Example example, WordPieceTokenizer tokenizer) {
        return example.second().isPresent()
                ? tokenizer.encode(example.first(), example.second().get())
                : tokenizer.encode(example.first());
    }
}
