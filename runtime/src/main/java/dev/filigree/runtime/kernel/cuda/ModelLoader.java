package dev.filigree.runtime.kernel.cuda;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Brings a model to a device: fp16 or int8, the tensor cores' order, norms folded. The context is current. Used once, by one thread. */
final class ModelLoader {
    private static final int RELAYOUT_THREADS = 256;
    private static final int FOLD_THREADS = 128;
    private static final int FOLD_ROWS = 4;

    private final Kernels kernels;
    private final Driver driver;
    private final boolean foldsNorms;
    private final boolean int8;
    private final long stream;
    private final DeviceArena arena;
    private final Uploader uploader;
    /** Where a matrix lies in its packed form until it is laid out. */
    private final long packedMasks;
    private final long packedValues;

    /**
     * A loader of one model.
     *
     * @param int8 whether layers that are stored in int8 run in it
     * @param arena for the model
     * @param whileLoading frees what is needed only while loading
     */
    private ModelLoader(Context context, Kernels kernels, Model model, boolean int8, DeviceArena arena, Resources whileLoading) {
        this.kernels = kernels;
        this.arena = arena;
        this.driver = context.driver();
        this.foldsNorms = context.device().foldsNorms();
        this.int8 = int8;
        this.stream = driver.createStream();
        whileLoading.add(() -> driver.destroyStream(stream));
        this.uploader = new Uploader(driver, stream, whileLoading);
        long largest = model.layers().stream().flatMap(layer -> joined(layer).stream()).mapToLong(ModelLoader::weights).max().orElseThrow();
        DeviceArena scratch = new DeviceArena(driver, whileLoading);
        packedMasks = scratch.allocate(largest / 4);
        packedValues = scratch.allocate(largest * Short.BYTES);
    }

    /**
     * Loads a model.
     *
     * @param int8 whether layers that are stored in int8 run in it
     * @param resources free it
     * @throws CudaException when the driver fails, as it does when memory runs out; then what was taken is with the resources
     * @throws dev.filigree.runtime.kernel.ProviderRefusedException when a weight is too large for fp16
     */
    static DeviceModel load(Context context, Kernels kernels, Model model, boolean int8, Resources resources) {
        Resources whileLoading = new Resources();
        DeviceModel loaded;
        try {
            DeviceArena arena = new DeviceArena(context.driver(), resources);
            loaded = new ModelLoader(context, kernels, model, int8, arena, whileLoading).load(model);
        } catch (Throwable e) {
            whileLoading.closeAfter(e);
            throw e;
        }
        whileLoading.close();
        return loaded;
    }

    /** About the device memory that the model takes, in bytes. */
    static long bytes(Model model, boolean int8) {
        long bytes = 0;
        for (Matrix table : List.of(model.embeddings().word(), model.embeddings().position(), model.embeddings().tokenType())) {
            bytes += (long) table.rows() * table.columns() * Short.BYTES;
        }
        for (EncoderLayer layer : model.layers()) {
            for (Linear linear : layer.linears()) {
                Matrix weight = linear.weight();
                boolean sparse = weight.sparsity().n() * 2 <= weight.sparsity().m();
                boolean asStored = int8 && CodeWeights.holds(List.of(weight));
                bytes += DeviceLayout.weightBytes(weight.rows(), weight.columns(), sparse, asStored) + 2L * Float.BYTES * weight.rows();
            }
        }
        return bytes;
    }

    /** Whether there are matrices that can be multiplied in int8. */
    static boolean hasInt8(Model model) {
        return model.layers().stream().flatMap(layer -> joined(layer).stream())
                .anyMatch(linears -> CodeWeights.holds(linears.stream().map(Linear::weight).toList()));
    }

    /** The matrices of a layer as they are multiplied: query, key and value at once. */
    private static List<List<Linear>> joined(EncoderLayer layer) {
        return List.of(List.of(layer.query(), layer.key(), layer.value()), List.of(layer.attentionOutput()), List.of(layer.ffnIn()),
                List.of(layer.ffnOut()));
    }

    private static long weights(List<Linear> linears) {
        return linears.stream().mapToLong(linear -> (long) linear.weight().rows() * linear.weight().columns()).sum();
    }

    private DeviceModel load(Model model) {
        DeviceModel.Norm embeddingNorm = norm(model.embeddings().norm());
        DeviceModel.Norm before = embeddingNorm;
        List<DeviceModel.Layer> layers = new ArrayList<>();
        for (EncoderLayer layer : model.layers()) {
            List<List<Linear>> linears = joined(layer);
            DeviceModel.Norm attentionNorm = norm(layer.attentionNorm());
            DeviceModel.Norm outputNorm = norm(layer.outputNorm());
            layers.add(new DeviceModel.Layer(folded(linears.get(0), before), plain(linears.get(1)), attentionNorm,
                    folded(linears.get(2), attentionNorm), plain(linears.get(3)), outputNorm));
            before = outputNorm;
        }
        return new DeviceModel(model.shape(), foldsNorms, halves(model.embeddings().word()), halves(model.embeddings().position()),
                halves(model.embeddings().tokenType()), embeddingNorm, List.copyOf(layers), head(model.head()));
    }

    private DeviceModel.Head head(dev.filigree.format.Head head) {
        long pooler = head.pooler().map(linear -> halves(linear.weight())).orElse(0L);
        long poolerBias = head.pooler().map(linear -> floats(linear.bias())).orElse(0L);
        return new DeviceModel.Head(head.pooling(), pooler, poolerBias, head.classifier().bias().length,
                halves(head.classifier().weight()), floats(head.classifier().bias()));
    }

    private DeviceModel.Norm norm(LayerNorm norm) {
        return new DeviceModel.Norm(floats(norm.gamma()), floats(norm.beta()));
    }

    private DeviceModel.Linear plain(List<Linear> linears) {
        List<Matrix> matrices = linears.stream().map(Linear::weight).toList();
        int rows = matrices.stream().mapToInt(Matrix::rows).sum();
        int inputs = matrices.getFirst().columns();
        if (int8 && CodeWeights.holds(matrices)) {
            CodeWeights weights = CodeWeights.of(matrices);
            long weight = layOut(rows, inputs, weights.masks(), MemorySegment.ofArray(weights.codes()), true);
            return new DeviceModel.Linear(rows, inputs, weights.isSparse(), weight, bias(linears), 0, floats(weights.scales()));
        }
        HalfWeights weights = HalfWeights.of(matrices);
        long weight = layOut(rows, inputs, weights.masks(), MemorySegment.ofArray(weights.values()), false);
        return new DeviceModel.Linear(rows, inputs, weights.isSparse(), weight, bias(linears), 0, 0);
    }

    /** A layer that reads normalised activations: with the wgmma kernels it corrects for the norm itself, unless it reads codes. */
    private DeviceModel.Linear folded(List<Linear> linears, DeviceModel.Norm before) {
        DeviceModel.Linear plain = plain(linears);
        if (!foldsNorms || plain.isInt8()) {
            return plain;
        }
        long rowSums = arena.allocate((long) Float.BYTES * plain.rows());
        long foldedBias = arena.allocate((long) Float.BYTES * plain.rows());
        // The packed form of this matrix still lies where it was laid out from.
        launch("fold_norm", Math.ceilDiv(plain.rows(), FOLD_ROWS), FOLD_THREADS, plain.sparse() ? packedMasks : 0L, packedValues, 0L,
                before.gamma(), before.beta(), plain.bias(), rowSums, foldedBias, plain.rows(), plain.inputs(), 1,
                KeptWeights.KEPT_OF_FOUR);
        return new DeviceModel.Linear(plain.rows(), plain.inputs(), plain.sparse(), plain.weight(), foldedBias, rowSums, 0);
    }

    private long layOut(int rows, int inputs, byte[] masks, MemorySegment values, boolean codes) {
        boolean sparse = masks.length > 0;
        long weight = arena.allocate(DeviceLayout.weightBytes(rows, inputs, sparse, codes));
        // A thread takes 16 inputs of a sparse row, or 16 bytes of a dense one.
        int pieces = DeviceLayout.chunks(inputs, codes) * (sparse && !codes ? 4 : 8);
        int blocks = Math.ceilDiv(DeviceLayout.paddedRows(rows) * pieces, RELAYOUT_THREADS);
        String suffix = codes ? "_int8" : "";
        uploader.copy(values, packedValues);
        if (sparse) {
            uploader.copy(MemorySegment.ofArray(masks), packedMasks);
            launch("relayout_sparse" + suffix, blocks, RELAYOUT_THREADS, packedMasks, packedValues, 0L, weight, rows, inputs, 1,
                    KeptWeights.KEPT_OF_FOUR);
        } else {
            launch("relayout_dense" + suffix, blocks, RELAYOUT_THREADS, packedValues, weight, rows, inputs);
        }
        return weight;
    }

    private void launch(String kernel, int blocks, int threads, Object... arguments) {
        kernels.launch(stream, new Launch(kernel, new Launch.Grid(blocks, 1), threads, 0, arguments), false);
    }

    private long bias(List<Linear> linears) {
        float[] bias = new float[linears.stream().mapToInt(linear -> linear.bias().length).sum()];
        int filled = 0;
        for (Linear linear : linears) {
            System.arraycopy(linear.bias(), 0, bias, filled, linear.bias().length);
            filled += linear.bias().length;
        }
        return floats(bias);
    }

    private long halves(Matrix matrix) {
        short[] values = HalfWeights.halves(matrix.toFloats());
        long to = arena.allocate((long) Short.BYTES * values.length);
        uploader.copy(MemorySegment.ofArray(values), to);
        return to;
    }

    private long floats(float[] values) {
        long to = arena.allocate((long) Float.BYTES * values.length);
        uploader.copy(MemorySegment.ofArray(values), to);
        return to;
    }
}
