package example;

import dev.filigree.runtime.Encoder;
import java.nio.file.Path;
import java.util.List;

/** Prints how alike the first text is to each of the others. */
public final class Similar {
    public static void main(String[] args) throws Exception {
        List<String> texts = List.of("Where is my parcel?", "My package has not arrived.", "I would like to change my password.");
        try (Encoder encoder = Encoder.open(Path.of(args[0]))) {
            List<float[]> embeddings = encoder.embed(texts);
            for (int i = 1; i < texts.size(); i++) {
                System.out.println(cosine(embeddings.getFirst(), embeddings.get(i)) + " " + texts.get(i));
            }
        }
    }

    /** Embeddings have the length 1. */
    private static float cosine(float[] a, float[] b) {
        float sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
