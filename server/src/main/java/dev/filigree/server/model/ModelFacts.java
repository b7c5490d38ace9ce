package dev.filigree.server.model;

import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.format.Sparsity;
import dev.filigree.format.Task;
import dev.filigree.runtime.Classifier;
import java.util.List;

/**
 * What there is to know of a model before it is asked anything.
 *
 * @param bytes size of its file, 0 where it has none
 * @param task short name of what it was trained to tell, for example {@code sst2}
 * @param labels label of each output, in order; one name for a regression
 * @param regression whether its one output is a value and not a label
 * @param pairs whether an input is a pair of texts
 * @param maxTokens longest sequence in tokens, special tokens included
 * @param sparsity of its linears: {@code dense}, for example {@code 2:4@16}, or {@code mixed}
 * @param provider name of the kernels that run it
 */
public record ModelFacts(
        long bytes,
        String task,
        List<String> labels,
        boolean regression,
        boolean pairs,
        int maxTokens,
        String sparsity,
        String provider) {
    /** Copies the labels. */
    public ModelFacts {
        labels = List.copyOf(labels);
    }

    static ModelFacts of(ModelFile file, Classifier classifier) {
        Model model = file.model();
        Task task = model.task();
        return new ModelFacts(file.sizeBytes(), task.name(), task.labels(), task.regression(), task.pairs(), model.tokenizer().maxTokens(),
                sparsity(model), classifier.provider());
    }

    private static String sparsity(Model model) {
        List<Sparsity> all = model.layers().stream()
                .flatMap(layer -> layer.linears().stream())
                .map(Linear::weight)
                .map(weight -> weight.sparsity())
                .distinct()
                .toList();
        return all.size() == 1 ? all.getFirst().toString() : "mixed";
    }

    /** Whether a client that works with this model would work with the other: the same kind of input, and the same outputs. */
    boolean isAskedAndAnswersLike(ModelFacts other) {
        return pairs == other.pairs && regression == other.regression && labels.equals(other.labels);
    }

    /** Input and outputs in words. */
    String signature() {
        return (regression ? "a value" : String.join("|", labels)) + " of " + (pairs ? "pairs" : "single texts");
    }
}
