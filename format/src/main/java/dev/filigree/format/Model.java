package dev.filigree.format;

import java.util.ArrayList;
import java.util.List;

/**
 * Everything a file holds. Immutable, as long as nobody writes to its arrays, which are not copied when they are asked for; the matrices of
 * an opened file are slices of the mapped file and valid until it is closed.
 *
 * @param shape dimensions
 * @param tokenizer text to token ids
 * @param embeddings token ids to hidden states
 * @param layers the transformer
 * @param head hidden states to logits
 * @param task logits to labels
 * @param provenance where it came from
 * @param goldenExamples texts with expected logits
 */
public record Model(
        EncoderShape shape,
        TokenizerSpec tokenizer,
        Embeddings embeddings,
        List<EncoderLayer> layers,
        Head head,
        Task task,
        Provenance provenance,
        List<GoldenExample> goldenExamples) {
    /** Copies the lists. */
    public Model {
        layers = List.copyOf(layers);
        goldenExamples = List.copyOf(goldenExamples);
    }

    /** Every tensor, in the order of the file. */
    public List<TensorSummary> tensors() {
        List<TensorSummary> tensors = new ArrayList<>();
        tensors.add(TensorSummary.of("embeddings.word", embeddings.word()));
        tensors.add(TensorSummary.of("embeddings.position", embeddings.position()));
        tensors.add(TensorSummary.of("embeddings.tokenType", embeddings.tokenType()));
        add(tensors, "embeddings.norm", embeddings.norm());
        for (int i = 0; i < layers.size(); i++) {
            EncoderLayer layer = layers.get(i);
            String at = "layers." + i + ".";
            add(tensors, at + "query", layer.query());
            add(tensors, at + "key", layer.key());
            add(tensors, at + "value", layer.value());
            add(tensors, at + "attentionOutput", layer.attentionOutput());
            add(tensors, at + "attentionNorm", layer.attentionNorm());
            add(tensors, at + "ffnIn", layer.ffnIn());
            add(tensors, at + "ffnOut", layer.ffnOut());
            add(tensors, at + "outputNorm", layer.outputNorm());
        }
        head.pooler().ifPresent(pooler -> add(tensors, "head.pooler", pooler));
        add(tensors, "head.classifier", head.classifier());
        return List.copyOf(tensors);
    }

    private static void add(List<TensorSummary> tensors, String name, Linear linear) {
        tensors.add(TensorSummary.of(name + ".weight", linear.weight()));
        tensors.add(TensorSummary.of(name + ".bias", linear.bias()));
    }

    private static void add(List<TensorSummary> tensors, String name, LayerNorm norm) {
        tensors.add(TensorSummary.of(name + ".gamma", norm.gamma()));
        tensors.add(TensorSummary.of(name + ".beta", norm.beta()));
    }
}
