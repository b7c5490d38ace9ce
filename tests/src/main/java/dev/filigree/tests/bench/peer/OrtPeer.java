package dev.filigree.tests.bench.peer;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.filigree.format.Model;
import dev.filigree.pruner.export.OnnxExport;
import dev.filigree.runtime.kernel.TokenBatch;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Map;
import java.util.Set;

/** ONNX Runtime on the CPU with every graph optimisation, running the same weights as a dense graph, zeros and all. */
public final class OrtPeer implements Peer {
    private static final String LOGITS = "logits";
    private static final String HIDDEN_STATES = "last_hidden_state";

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final String name;
    private final String output;
    private final OrtSession session;

    private OrtPeer(String name, byte[] graph, String output, int threads, Map<String, String> settings) {
        this.name = name;
        this.output = output;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            for (Map.Entry<String, String> setting : settings.entrySet()) {
                options.addConfigEntry(setting.getKey(), setting.getValue());
            }
            session = environment.createSession(graph, options);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime does not load the graph of " + name + ": " + e.getMessage(), e);
        }
    }

    /** The weights in fp32, in standard operators. */
    public static OrtPeer fp32(Model model, int threads) {
        return new OrtPeer(PeerKind.ORT_FP32.label(), OnnxExport.dense(model), LOGITS, threads, Map.of());
    }

    /** The weights in int8, activations quantised as they come. */
    public static OrtPeer int8(Model model, int threads) {
        return new OrtPeer(PeerKind.ORT_INT8.label(), OnnxExport.int8(model), LOGITS, threads, Map.of());
    }

    /** The weights in fp32, in ONNX Runtime's own operators for transformers. */
    static OrtPeer fused(Model model, int threads) {
        return new OrtPeer(PeerKind.ORT_FUSED.label(), OnnxExport.fused(model, OnnxExport.Values.FP32), LOGITS, threads, Map.of());
    }

    /** The weights in int8, in ONNX Runtime's own operators for transformers. */
    static OrtPeer fusedInt8(Model model, int threads) {
        return new OrtPeer(PeerKind.ORT_FUSED_INT8.label(), OnnxExport.fused(model, OnnxExport.Values.INT8), LOGITS, threads, Map.of());
    }

    @Override
    public String name() {
        return name;
    }

    /** An int8 graph whose products do not saturate, which they do without VNNI unless they are asked not to: slower, for comparisons. */
    static OrtPeer exact(Model model, boolean fused) {
        byte[] graph = fused ? OnnxExport.fused(model, OnnxExport.Values.INT8) : OnnxExport.int8(model);
        return new OrtPeer("exact", graph, LOGITS, 1, Map.of("session.x64quantprecision", "1"));
    }

    /** Loads a graph of three inputs by BERT's names, an encoder alone. */
    static OrtPeer encoder(String name, byte[] graph, int threads) {
        return new OrtPeer(name, graph, HIDDEN_STATES, threads, Map.of());
    }

    @Override
    public float[] run(TokenBatch batch) {
        return run(PaddedBatch.of(batch), output);
    }

    /** Hidden states of the last layer, {@code [tokens, hidden]}, without the padding's. */
    float[] hiddenStates(TokenBatch batch) {
        return PaddedBatch.withoutPadding(run(PaddedBatch.of(batch), HIDDEN_STATES), batch);
    }

    private float[] run(PaddedBatch padded, String asked) {
        long[] shape = {padded.sequences(), padded.longest()};
        try (OnnxTensor ids = OnnxTensor.createTensor(environment, LongBuffer.wrap(padded.ids()), shape);
                OnnxTensor types = OnnxTensor.createTensor(environment, LongBuffer.wrap(padded.types()), shape);
                OnnxTensor mask = OnnxTensor.createTensor(environment, LongBuffer.wrap(padded.mask()), shape);
                OrtSession.Result result = session.run(
                        Map.of("input_ids", ids, "token_type_ids", types, "attention_mask", mask), Set.of(asked))) {
            FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] answer = new float[values.remaining()];
            values.get(answer);
            return answer;
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
