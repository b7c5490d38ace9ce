package dev.filigree.pruner.pipeline;

import dev.filigree.format.Task;
import dev.filigree.pruner.data.EvaluationFile;
import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.data.ExampleFile;
import dev.filigree.pruner.data.LabelledData;
import dev.filigree.pruner.data.TaskScore;
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
 * @param digests SHA-256 (hex) of each file by its name
 */
record TaskData(Task task, List<EncodedExample> train, List<DevFile> dev, Map<String, String> digests) {
    /**
     * One evaluation file.
     *
     * @param source as read, with its metric
     * @param encoded tokenized, in the same order
     */
    record DevFile(EvaluationFile source, List<EncodedExample> encoded) {
        List<Example> texts() {
            return source.file().examples();
        }
    }

    /** Scores answers (label indices, or scores for a regression) to the examples of every evaluation file. */
    TaskScore score(List<float[]> answers) {
        return TaskScore.mean(IntStream.range(0, dev.size())
                .mapToObj(i -> dev.get(i).source().metric().score(answers.get(i), dev.get(i).source().file().targets()))
                .toList());
    }

    /** What three models answered, file by file. */
    List<Predictions> predictions(List<float[]> dense, List<float[]> pruned, List<float[]> packed) {
        return IntStream.range(0, dev.size())
                .mapToObj(i -> new Predictions(dev.get(i).source(), dense.get(i), pruned.get(i), packed.get(i)))
                .toList();
    }

    /**
     * Reads and tokenizes all of it.
     *
     * @throws InterruptedException when the thread was interrupted
     */
    static TaskData load(LabelledData data, WordPieceTokenizer tokenizer) throws IOException, InterruptedException {
        Map<String, String> digests = new LinkedHashMap<>();
        ExampleFile train = data.train();
        digests.put(train.name(), train.sha256());
        List<DevFile> dev = new ArrayList<>();
        for (EvaluationFile source : data.dev()) {
            digests.put(source.file().name(), source.file().sha256());
            dev.add(new DevFile(source, encode(source.file().examples(), tokenizer)));
        }
        return new TaskData(data.task(), encode(train.examples(), tokenizer), dev, digests);
    }

    /** The training texts that one-shot methods look at, chosen by the seed. */
    List<EncodedExample> calibration(PruneSettings settings) {
        List<EncodedExample> shuffled = new ArrayList<>(train);
        Collections.shuffle(shuffled, new Random(settings.seed()));
        return shuffled.subList(0, Math.min(settings.calibrationTexts(), shuffled.size()));
    }

    /**
     * Tokenizes texts or pairs.
     *
     * @throws InterruptedException when the thread was interrupted
     */
    static List<EncodedExample> encode(List<Example> examples, WordPieceTokenizer tokenizer) throws InterruptedException {
        List<EncodedExample> encoded = new ArrayList<>(examples.size());
        for (Example example : examples) {
            if (Thread.interrupted()) {
                throw new InterruptedException("The run was stopped while texts were tokenized.");
            }
            encoded.add(new EncodedExample(encode(example, tokenizer), example.target()));
        }
        return encoded;
    }

    private static TokenizedText encode(Example example, WordPieceTokenizer tokenizer) {
        return example.second().isPresent()
                ? tokenizer.encode(example.first(), example.second().get())
                : tokenizer.encode(example.first());
    }
}
