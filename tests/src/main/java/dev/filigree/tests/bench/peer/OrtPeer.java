package dev.filigree.tests.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.filigree.format.Model;
import dev.filigree.pruner.export.OnnxExport;
import dev.filigree.runtime.kernel.TokenBatch;
import java.nio.LongBuffer;
import java.util.Map;
import java.util.Set;

/** ONNX Runtime on the CPU with every graph optimisation, running the same weights as a dense graph, zeros and all. */
public final class OrtPeer implements Peer {
    /** Name of {@link #fp32}. */
    public static final String FP32 = "ort-fp32";
    /** Name of {@link #int8}. */
    public static final String INT8 = "ort-int8";

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final String name;
    private final OrtSession session;

    private OrtPeer(String name, byte[] graph, int threads) {
        this.name = name;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            session = environment.createSession(graph, options);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime does not load the exported graph: " + e.getMessage(), e);
        }
    }

    /** The weights in fp32. */
    public static OrtPeer fp32(Model model, int threads) {
        return new OrtPeer(FP32, OnnxExport.dense(model), threads);
    }

    /** The weights in int8, activations quantised as they come. */
    public static OrtPeer int8(Model model, int threads) {
        return new OrtPeer(INT8, OnnxExport.int8(model), threads);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public float[] logits(TokenBatch batch) {
        int sequences = batch.sequences();
        int longest = 0;
        for (int s = 0; s < sequences; s++) {
            longest = Math.max(longest, batch.length(s));
        }
        long[] ids = new long[sequences * longest];
        long[] types = new long[ids.length];
        long[] mask = new long[ids.length];
        for (int s = 0; s < sequences; s++) {
            int from = batch.offsets()[s];
            for (int t = 0; t < batch.length(s); t++) {
                ids[s * longest + t] = batch.ids()[from + t];
                types[s * longest + t] = batch.types()[from + t];
                mask[s * longest + t] = 1;
            }
        }
        long[] shape = {sequences, longest};
        try (OnnxTensor idTensor = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape);
                OnnxTensor typeTensor = OnnxTensor.createTensor(environment, LongBuffer.wrap(types), shape);
                OnnxTensor maskTensor = OnnxTensor.createTensor(environment, LongBuffer.wrap(mask), shape);
                OrtSession.Result result = session.run(
                        Map.of("input_ids", idTensor, "token_type_ids", typeTensor, "attention_mask", maskTensor),
                        Set.of("logits"))) {
            OnnxTensor logits = (OnnxTensor) result.get(0);
            float[] values = new float[logits.getFloatBuffer().remaining()];
            logits.getFloatBuffer().get(values);
            return values;
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime failed to close: " + e.getMessage(), e);
        }
    }
}
