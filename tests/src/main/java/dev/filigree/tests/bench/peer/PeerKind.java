package dev.filigree.tests.bench.peer;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The peers that a packed file can be measured against: its weights, zeros and all, in engines that know nothing of patterns. */
public enum PeerKind {
    /** ONNX Runtime, fp32. */
    ORT_FP32("ort-fp32", Tolerances.FP32, "the same weights in fp32, standard operators, fused by ONNX Runtime's optimiser"),
    /** ONNX Runtime, fp32, as fused as it goes. */
    ORT_FUSED("ort-fused", Tolerances.FP32,
            "the same weights in fp32, with EmbedLayerNormalization, Attention, SkipLayerNormalization, BiasGelu"),
    /** ONNX Runtime, int8. */
    ORT_INT8("ort-int8", Tolerances.INT8, "the same weights in int8, with QAttention and DynamicQuantizeMatMul"),
    /** ONNX Runtime, int8, as fused as it goes. */
    ORT_FUSED_INT8("ort-fused-int8", Tolerances.INT8, "the same in int8, with QAttention, DynamicQuantizeMatMul, SkipLayerNormalization"),
    /** ONNX Runtime, the graph that its publishers quantised. */
    ORT_INT8_PUBLISHED("ort-int8-published", Tolerances.INT8,
            "all-MiniLM-L6-v2 as published in int8: other weights, the encoder alone, without pooling and head"),
    /** PyTorch. */
    DJL_PYTORCH("djl-pytorch", Tolerances.FP32, "the same weights in fp32 in PyTorch, operator by operator, through DJL");

    /** How far answers may be from ours before a peer is refused as one that computes something else. */
    private static final class Tolerances {
        /** Of logits: sums in another order, on both sides. */
        static final double FP32 = 2e-3;
        /** Of hidden states: activations of 8 bits with one scale for a whole tensor. Another model's would be off by about one. */
        static final double INT8 = 0.3;
    }

    private final String label;
    private final double tolerance;
    private final String description;

    PeerKind(String label, double tolerance, String description) {
        this.label = label;
        this.tolerance = tolerance;
        this.description = description;
    }

    /** Its name on the command line and in tables. */
    public String label() {
        return label;
    }

    /** What it runs. */
    public String description() {
        return description;
    }

    /** The kind of a name. */
    public static Optional<PeerKind> named(String label) {
        return Arrays.stream(values()).filter(kind -> kind.label.equals(label)).findFirst();
    }

    /** All names, separated by commas. */
    public static String labels() {
        return Arrays.stream(values()).map(PeerKind::label).collect(Collectors.joining(", "));
    }

    /**
     * Opens it for a model's weights.
     *
     * @throws PeerAbsentException when its library or graph is not there, or the model is none that it can stand beside
     */
    public Peer open(Model model, int threads) throws PeerAbsentException {
        try {
            return switch (this) {
                case ORT_FP32 -> OrtPeer.fp32(model, threads);
                case ORT_FUSED -> OrtPeer.fused(model, threads);
                case ORT_INT8 -> OrtPeer.int8(model, threads);
                case ORT_FUSED_INT8 -> OrtPeer.fusedInt8(model, threads);
                case ORT_INT8_PUBLISHED -> published(model, threads);
                case DJL_PYTORCH -> TorchPeer.open(model, threads);
            };
        } catch (LinkageError e) {
            throw new PeerAbsentException("its library is not there (" + e + ").");
        }
    }

    private static Peer published(Model model, int threads) throws PeerAbsentException {
        if (!PublishedInt8.hasShapeOf(model.shape())) {
            throw new PeerAbsentException("the model is of another shape than all-MiniLM-L6-v2.");
        }
        return PublishedInt8.open(threads);
    }

    /**
     * Compares what it computes with what is expected.
     *
     * @param peer of this kind
     * @param ours the engine whose answers are expected, to the tolerance of its provider
     * @param batches what both are asked
     * @throws PeerAbsentException when what it is compared with is not there
     */
    public Agreement compare(Peer peer, FiligreePeer ours, List<TokenBatch> batches) throws PeerAbsentException {
        return switch (this) {
            case ORT_FP32, ORT_FUSED, DJL_PYTORCH ->
                    Agreement.ofLogits(peer, ours, batches, tolerance + ours.classifier().tolerance());
            case ORT_INT8, ORT_FUSED_INT8 -> compareExactly((OrtPeer) peer, ours, batches);
            case ORT_INT8_PUBLISHED -> compareWithOriginal((OrtPeer) peer, batches);
        };
    }

    private Agreement compareExactly(OrtPeer peer, FiligreePeer ours, List<TokenBatch> batches) {
        Agreement.Answers expected = ours.classifier().program()::hiddenStates;
        Agreement timed = Agreement.ofHiddenStates(peer::hiddenStates, expected, ours.name(), batches, tolerance);
        try (OrtPeer exact = OrtPeer.exact(ours.classifier().model(), this == ORT_FUSED_INT8)) {
            return Agreement.ofHiddenStates(exact::hiddenStates, expected, ours.name(), batches, tolerance).asTimed(timed);
        }
    }

    private Agreement compareWithOriginal(OrtPeer peer, List<TokenBatch> batches) throws PeerAbsentException {
        try (OrtPeer original = PublishedInt8.original()) {
            return Agreement.ofHiddenStates(peer::hiddenStates, original::hiddenStates, original.name(), batches, tolerance);
        }
    }
}
