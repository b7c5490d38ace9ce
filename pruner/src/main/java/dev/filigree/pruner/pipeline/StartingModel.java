package dev.filigree.pruner.pipeline;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.format.Pooling;
import dev.filigree.format.Task;
import dev.filigree.format.TokenizerSpec;
import dev.filigree.pruner.base.BaseModel;
import dev.filigree.pruner.base.BaseModelException;
import dev.filigree.pruner.base.BaseModels;
import dev.filigree.pruner.export.HuggingFaceExport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run starts from: a pretrained encoder, or a classifier that is already fine-tuned.
 *
 * @param name for provenance
 * @param shape dimensions
 * @param tokenizer cut to the run's longest sequence
 * @param pooling how the head reads the encoder
 * @param weights by Hugging Face name
 * @param fineTuned whether it already has a head for the task
 */
record StartingModel(
        String name, EncoderShape shape, TokenizerSpec tokenizer, Pooling pooling, Map<String, float[]> weights, boolean fineTuned) {
    private static final Logger LOG = LoggerFactory.getLogger(StartingModel.class);
    private static final String PACKED = ".filigree";

    /**
     * Loads a base model by name, a Hugging Face folder, or a dense packed file.
     *
     * @throws IOException when there is no such base model, or the packed file is pruned or of another task
     */
    static StartingModel load(String base, Task task, int maxTokens) throws IOException {
        if (base.endsWith(PACKED)) {
            return unpacked(base, task, maxTokens);
        }
        BaseModel model = isFolder(base) ? BaseModels.folder(Path.of(base)) : BaseModels.named(base);
        Optional<List<Integer>> rows = model.classifier().flatMap(labels -> TaskHead.rows(labels, task));
        if (model.classifier().isPresent() && rows.isEmpty()) {
            LOG.info("The classifier of {} tells {}, not the labels of {}: it gets a new one.", base, model.classifier().get().names(),
                    task.name());
        }
        Map<String, float[]> weights =
                rows.map(order -> TaskHead.ordered(model.weights(), order)).orElseGet(() -> TaskHead.without(model.weights()));
        return new StartingModel(
                model.name(), model.shape(), cut(model.tokenizer(), maxTokens), model.pooling(), weights, rows.isPresent());
    }

    /**
     * Whether a base is already fine-tuned for a task, as far as one can tell without reading its weights.
     *
     * @throws IOException when it is a folder without a readable description
     */
    static boolean isFineTuned(String base, Task task) throws IOException {
        return base.endsWith(PACKED)
                || isFolder(base) && BaseModels.classifierIn(Path.of(base)).flatMap(labels -> TaskHead.rows(labels, task)).isPresent();
    }

    /** The same without the weights, which a run needs no more once the trainer has them. */
    StartingModel withoutWeights() {
        return new StartingModel(name, shape, tokenizer, pooling, Map.of(), fineTuned);
    }

    private static boolean isFolder(String base) {
        return BaseModels.names().stream().noneMatch(base::equalsIgnoreCase) && Files.isDirectory(Path.of(base));
    }

    private static StartingModel unpacked(String base, Task task, int maxTokens) throws IOException {
        try (ModelFile file = ModelFile.open(Path.of(base))) {
            Model model = file.model();
            if (model.layers().stream().flatMap(layer -> layer.linears().stream()).anyMatch(l -> !l.weight().sparsity().isDense())) {
                throw new BaseModelException(base + " is pruned already: name a dense file or a base model.");
            }
            if (!model.task().name().equals(task.name())) {
                throw new BaseModelException(base + " was trained for " + model.task().name() + ", not for " + task.name() + ".");
            }
            if (!model.task().equals(task)) {
                throw new BaseModelException(base + " tells " + model.task().labels() + " of " + inputs(model.task())
                        + ", but the data have " + task.labels() + " of " + inputs(task) + ".");
            }
            return new StartingModel(
                    model.provenance().baseModel(),
                    model.shape(),
                    cut(model.tokenizer(), maxTokens),
                    model.head().pooling(),
                    HuggingFaceExport.weights(model),
                    true);
        }
    }

    private static String inputs(Task task) {
        return task.pairs() ? "pairs" : "texts";
    }

    private static TokenizerSpec cut(TokenizerSpec spec, int maxTokens) {
        return new TokenizerSpec(
                spec.vocabulary(), spec.lowerCase(), spec.stripAccents(), spec.splitChinese(), Math.min(maxTokens, spec.maxTokens()));
    }
}
