package dev.filigree.pruner.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Head;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.format.Pooling;
import dev.filigree.format.Provenance;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Task;
import dev.filigree.format.TensorSummary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What {@code inspect} tells of a file; its JSON is this record.
 *
 * @param file where it lies
 * @param bytes its size
 * @param fp32Bytes what its weights would take in fp32, unpruned
 * @param shape dimensions
 * @param task what it tells
 * @param pooling how its head reads the encoder
 * @param vocabulary tokens of its tokenizer
 * @param maxTokens longest sequence in tokens
 * @param goldenExamples texts it can prove a runtime with
 * @param groups where the bytes go; they add up to {@code bytes}
 * @param linears the six prunable linears of all layers together
 * @param layers the same for each layer
 * @param tensors every tensor
 * @param provenance where it came from
 */
public record FileReport(
        String file,
        long bytes,
        long fp32Bytes,
        EncoderShape shape,
        Task task,
        Pooling pooling,
        int vocabulary,
        int maxTokens,
        int goldenExamples,
        Map<String, Long> groups,
        Linears linears,
        List<Linears> layers,
        List<Tensor> tensors,
        Provenance provenance) {
    /** The six prunable linears of a layer, in the order of {@link EncoderLayer#linears()}. */
    public static final List<String> ROLES = List.of("query", "key", "value", "attentionOutput", "ffnIn", "ffnOut");

    /**
     * Several prunable linears together, without their biases.
     *
     * @param weights they stand for, pruned ones included
     * @param kept share of them that the patterns keep, 0 to 1
     * @param bytes they take, scales and patterns included
     * @param bitsPerWeight bytes times eight, for each weight, pruned ones included
     * @param keptEnergy share of the dense file's squares at the kept weights, the mean over the linears, where such a file was given
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Linears(long weights, double kept, long bytes, double bitsPerWeight, Optional<Double> keptEnergy) {}

    /**
     * One tensor.
     *
     * @param name for example {@code layers.0.query.weight}
     * @param rows outputs, entries, or the length of a vector
     * @param columns inputs or hidden width; 1 for a vector
     * @param dtype how its values are stored
     * @param sparsity {@code N:M@V} or {@code dense}
     * @param bytes what it takes, scales and patterns included, padding left out
     * @param bitsPerWeight bytes times eight, for each weight, pruned ones included
     * @param keptEnergy share of the dense file's squares at the kept weights, for prunable linears where such a file was given
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Tensor(
            String name,
            int rows,
            int columns,
            DType dtype,
            String sparsity,
            long bytes,
            double bitsPerWeight,
            Optional<Double> keptEnergy) {}

    /**
     * Reports on a file.
     *
     * @param dense the same encoder unpruned, to say what share of its energy is kept
     * @throws IllegalArgumentException when the dense model has another shape
     */
    public static FileReport of(ModelFile opened, Optional<Model> dense) {
        Model model = opened.model();
        if (dense.isPresent() && !dense.get().shape().equals(model.shape())) {
            throw new IllegalArgumentException("The dense file has another shape: " + dense.get().shape() + ", not " + model.shape() + ".");
        }
        Map<String, Double> energies = new LinkedHashMap<>();
        List<Linears> layers = new ArrayList<>();
        for (int i = 0; i < model.layers().size(); i++) {
            List<Linear> linears = model.layers().get(i).linears();
            List<Double> shares = new ArrayList<>();
            for (int role = 0; role < linears.size() && dense.isPresent(); role++) {
                float[] weights = dense.get().layers().get(i).linears().get(role).weight().toFloats();
                shares.add(KeptInputs.energy(KeptInputs.of(linears.get(role).weight()), weights));
                energies.put("layers." + i + "." + ROLES.get(role) + ".weight", shares.getLast());
            }
            layers.add(linears(linears.stream().map(Linear::weight).toList(), shares));
        }
        List<Matrix> all = model.layers().stream().flatMap(layer -> layer.linears().stream()).map(Linear::weight).toList();
        return new FileReport(
                opened.name(),
                opened.sizeBytes(),
                Float.BYTES * model.tensors().stream().mapToLong(TensorSummary::weights).sum(),
                model.shape(),
                model.task(),
                model.head().pooling(),
                model.tokenizer().vocabulary().size(),
                model.tokenizer().maxTokens(),
                model.goldenExamples().size(),
                groups(opened),
                linears(all, List.copyOf(energies.values())),
                layers,
                model.tensors().stream().map(tensor -> tensor(tensor, Optional.ofNullable(energies.get(tensor.name())))).toList(),
                model.provenance());
    }

    private static Linears linears(List<Matrix> matrices, List<Double> shares) {
        long weights = 0;
        long kept = 0;
        long bytes = 0;
        for (Matrix matrix : matrices) {
            weights += (long) matrix.rows() * matrix.columns();
            kept += KeptInputs.of(matrix).cardinality();
            bytes += matrix.storedBytes();
        }
        Optional<Double> energy = shares.isEmpty()
                ? Optional.empty()
                : Optional.of(shares.stream().mapToDouble(Double::doubleValue).average().orElseThrow());
        return new Linears(weights, (double) kept / weights, bytes, bits(bytes, weights), energy);
    }

    private static Tensor tensor(TensorSummary tensor, Optional<Double> energy) {
        return new Tensor(tensor.name(), tensor.rows(), tensor.columns(), tensor.dtype(), tensor.sparsity().toString(), tensor.bytes(),
                bits(tensor.bytes(), tensor.weights()), energy);
    }

    private static double bits(long bytes, long weights) {
        return (double) Byte.SIZE * bytes / weights;
    }

    private static Map<String, Long> groups(ModelFile opened) {
        Model model = opened.model();
        long[] linears = new long[3];
        model.layers().stream().flatMap(layer -> layer.linears().stream()).forEach(linear -> {
            Matrix weight = linear.weight();
            linears[0] += values(weight);
            linears[1] += scales(weight);
            linears[2] += weight.storedBytes() - values(weight) - scales(weight) + patternSet(weight);
        });
        Head head = model.head();
        long vectors = model.tensors().stream().filter(tensor -> tensor.columns() == 1).mapToLong(TensorSummary::bytes).sum();
        Map<String, Long> groups = new LinkedHashMap<>();
        groups.put("linear values", linears[0]);
        groups.put("linear scales", linears[1]);
        groups.put("linear patterns", linears[2]);
        groups.put("word embedding", model.embeddings().word().storedBytes());
        groups.put("other embeddings", model.embeddings().position().storedBytes() + model.embeddings().tokenType().storedBytes());
        groups.put("head", Stream.concat(head.pooler().stream(), Stream.of(head.classifier()))
                .mapToLong(linear -> linear.weight().storedBytes())
                .sum());
        groups.put("biases and norms", vectors);
        groups.put("vocabulary", vocabulary(model.tokenizer().vocabulary()));
        groups.put("manifest and padding", opened.sizeBytes() - groups.values().stream().mapToLong(Long::longValue).sum());
        return groups;
    }

    private static long values(Matrix matrix) {
        return switch (matrix) {
            case DenseMatrix dense -> dense.values().byteSize();
            case SparseMatrix sparse -> sparse.values().byteSize();
        };
    }

    private static long scales(Matrix matrix) {
        return switch (matrix) {
            case DenseMatrix dense -> dense.scales().byteSize();
            case SparseMatrix sparse -> sparse.scales().byteSize();
        };
    }

    /** A set of all patterns is implied; another is listed. */
    private static long patternSet(Matrix matrix) {
        return matrix instanceof SparseMatrix sparse && sparse.patterns().length != sparse.sparsity().patternCount()
                ? (long) Integer.BYTES * sparse.patterns().length
                : 0;
    }

    /** As the format stores it: UTF-8, a line feed between tokens. */
    private static long vocabulary(List<String> tokens) {
        return tokens.stream().mapToLong(token -> token.getBytes(StandardCharsets.UTF_8).length).sum() + tokens.size() - 1;
    }
}
