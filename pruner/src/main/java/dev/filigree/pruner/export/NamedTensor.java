package dev.filigree.pruner.export;

import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A tensor under its Hugging Face name.
 *
 * @param name for example {@code encoder.layer.0.attention.self.query.weight}, without the prefix {@code bert.}
 * @param shape {@code [outputs, inputs]}, or {@code [length]}
 * @param values in fp32, row-major, zeros where pruned; dequantised anew at each call
 */
record NamedTensor(String name, int[] shape, Supplier<float[]> values) {
    /** How many values it has. */
    long count() {
        long count = 1;
        for (int dimension : shape) {
            count *= dimension;
        }
        return count;
    }

    /** Every tensor of a model, in the order of the layers. */
    static List<NamedTensor> of(Model model) {
        List<NamedTensor> tensors = new ArrayList<>();
        Embeddings embeddings = model.embeddings();
        add(tensors, "embeddings.word_embeddings.weight", embeddings.word());
        add(tensors, "embeddings.position_embeddings.weight", embeddings.position());
        add(tensors, "embeddings.token_type_embeddings.weight", embeddings.tokenType());
        add(tensors, "embeddings.LayerNorm", embeddings.norm());
        for (int i = 0; i < model.layers().size(); i++) {
            EncoderLayer layer = model.layers().get(i);
            String at = "encoder.layer." + i + ".";
            add(tensors, at + "attention.self.query", layer.query());
            add(tensors, at + "attention.self.key", layer.key());
            add(tensors, at + "attention.self.value", layer.value());
            add(tensors, at + "attention.output.dense", layer.attentionOutput());
            add(tensors, at + "attention.output.LayerNorm", layer.attentionNorm());
            add(tensors, at + "intermediate.dense", layer.ffnIn());
            add(tensors, at + "output.dense", layer.ffnOut());
            add(tensors, at + "output.LayerNorm", layer.outputNorm());
        }
        model.head().pooler().ifPresent(pooler -> add(tensors, "pooler.dense", pooler));
        add(tensors, "classifier", model.head().classifier());
        return tensors;
    }

    private static void add(List<NamedTensor> tensors, String name, Linear linear) {
        add(tensors, name + ".weight", linear.weight());
        add(tensors, name + ".bias", linear.bias());
    }

    private static void add(List<NamedTensor> tensors, String name, LayerNorm norm) {
        add(tensors, name + ".weight", norm.gamma());
        add(tensors, name + ".bias", norm.beta());
    }

    private static void add(List<NamedTensor> tensors, String name, Matrix matrix) {
        tensors.add(new NamedTensor(name, new int[] {matrix.rows(), matrix.columns()}, matrix::toFloats));
    }

    private static void add(List<NamedTensor> tensors, String name, float[] vector) {
        tensors.add(new NamedTensor(name, new int[] {vector.length}, () -> vector));
    }
}
