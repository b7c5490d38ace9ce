package dev.filigree.pruner.pipeline;

import dev.filigree.format.DType;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.method.MethodChain;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that shapes a pruning run.
 *
 * @param base name of a base model, or path of a dense {@code .filigree} file that is already fine-tuned
 * @param task what to train for
 * @param data where its examples are
 * @param sparsity of the six linears of each layer
 * @param method the chain of pruning methods
 * @param denseEpochs passes over the training data to fine-tune the dense model, 0 to take it as it is
 * @param pruneEpochs passes over the training data while pruning, shared evenly by the methods that train
 * @param batchSize examples in a step
 * @param denseRate highest learning rate of the dense fine-tuning
 * @param pruneRate highest learning rate while pruning
 * @param calibrationTexts training texts that the second-order start looks at
 * @param maxTokens longest sequence, in tokens
 * @param dtype of the packed weights
 * @param seed of heads, batches and samples
 * @param threads threads of training and evaluation
 * @param saveDense where to keep the dense fine-tuned model, packed in fp32
 * @param out the packed file
 */
public record PruneSettings(
        String base,
        GlueTask task,
        GlueData data,
        Sparsity sparsity,
        MethodChain method,
        double denseEpochs,
        double pruneEpochs,
        int batchSize,
        double denseRate,
        double pruneRate,
        int calibrationTexts,
        int maxTokens,
        DType dtype,
        long seed,
        int threads,
        Optional<Path> saveDense,
        Path out) {
    /** The settings as provenance records them. */
    Map<String, String> asText() {
        Map<String, String> text = new LinkedHashMap<>();
        text.put("sparsity", sparsity.toString());
        text.put("dense-epochs", Double.toString(denseEpochs));
        text.put("prune-epochs", Double.toString(pruneEpochs));
        text.put("batch-size", Integer.toString(batchSize));
        text.put("dense-rate", Double.toString(denseRate));
        text.put("prune-rate", Double.toString(pruneRate));
        text.put("calibration-texts", Integer.toString(calibrationTexts));
        text.put("max-tokens", Integer.toString(maxTokens));
        text.put("dtype", dtype.name().toLowerCase(Locale.ROOT));
        text.put("seed", Long.toString(seed));
        text.put("threads", Integer.toString(threads));
        return text;
    }
}
