package example;

import dev.filigree.langchain4j.FiligreeEmbeddingModel;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.CosineSimilarity;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Says how near each of some texts is to a query: a model, the query, the texts. */
public final class Similarity {
    public static void main(String[] args) {
        List<TextSegment> segments = Arrays.stream(args).skip(2).map(TextSegment::from).toList();
        try (FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(Path.of(args[0])).build()) {
            Embedding query = model.embed(args[1]).content();
            List<Embedding> embeddings = model.embedAll(segments).content();
            for (int i = 0; i < embeddings.size(); i++) {
                System.out.println(CosineSimilarity.between(query, embeddings.get(i)) + " " + segments.get(i).text());
            }
        }
    }
}
