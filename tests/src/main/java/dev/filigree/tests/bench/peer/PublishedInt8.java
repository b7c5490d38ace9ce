package dev.filigree.tests.bench.peer;

import dev.filigree.format.EncoderShape;
import java.io.IOException;
import java.io.InputStream;

/**
 * The quantised all-MiniLM-L6-v2 that its publishers offer, in ONNX Runtime: the encoder alone, without pooling and head, with weights of
 * its own. It stands beside models of its shape.
 */
final class PublishedInt8 {
    private static final String QUANTISED = "/all-minilm-l6-v2-q.onnx";
    private static final String FP32 = "/all-minilm-l6-v2.onnx";

    private PublishedInt8() {}

    /** Whether a model does the same work. */
    static boolean hasShapeOf(EncoderShape shape) {
        return shape.layers() == 6 && shape.hidden() == 384 && shape.heads() == 12 && shape.intermediate() == 1536;
    }

    /** Loads the quantised graph. */
    static OrtPeer open(int threads) throws PeerAbsentException {
        return OrtPeer.encoder(PeerKind.ORT_INT8_PUBLISHED.label(), graph(QUANTISED), threads);
    }

    /** Loads the graph in fp32, which it is the quantised form of. */
    static OrtPeer original() throws PeerAbsentException {
        return OrtPeer.encoder("all-MiniLM-L6-v2", graph(FP32), 1);
    }

    private static byte[] graph(String resource) throws PeerAbsentException {
        try (InputStream graph = PublishedInt8.class.getResourceAsStream(resource)) {
            if (graph == null) {
                throw new PeerAbsentException("the graph " + resource.substring(1) + " is not on the class path.");
            }
            return graph.readAllBytes();
        } catch (IOException e) {
            throw new PeerAbsentException("the graph " + resource.substring(1) + " cannot be read: " + e.getMessage());
        }
    }
}
