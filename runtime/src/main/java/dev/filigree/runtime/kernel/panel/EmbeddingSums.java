package dev.filigree.runtime.kernel.panel;

import dev.filigree.format.Embeddings;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.Arrays;

/**
 * Token ids to the sums of their word, position and token-type rows, before the normalisation. Reads the model's memory when it is
 * asked; thread-safe.
 */
public final class EmbeddingSums {
    private final EmbeddingTable word;
    private final EmbeddingTable position;
    private final EmbeddingTable tokenType;
    private final int hidden;

    /** Reads these tables. */
    public EmbeddingSums(Embeddings embeddings) {
        word = new EmbeddingTable(embeddings.word());
        position = new EmbeddingTable(embeddings.position());
        tokenType = new EmbeddingTable(embeddings.tokenType());
        hidden = embeddings.word().columns();
    }

    /** Takes a token's sum, {@code [hidden]}, which the next one overwrites. */
    @FunctionalInterface
    public interface Sink {
        /** Called once a token, in their order. */
        void accept(int token, float[] sum);
    }

    /** Hands out the sums of the tokens {@code [from, to)} of a batch. */
    public void forEach(TokenBatch batch, int from, int to, Sink sink) {
        float[] sum = new float[hidden];
        float[] row = new float[hidden];
        int sequence = 0;
        for (int token = from; token < to; token++) {
            while (batch.offsets()[sequence + 1] <= token) {
                sequence++;
            }
            Arrays.fill(sum, 0f);
            word.add(batch.ids()[token], sum, row);
            position.add(token - batch.offsets()[sequence], sum, row);
            tokenType.add(batch.types()[token], sum, row);
            sink.accept(token, sum);
        }
    }
}
