package example;

import dev.filigree.langchain4j.FiligreeEmbeddingModel;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.CosineSimilarity;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Says which of some texts is nearest to a query: a model, the query, the texts. */
public final class Search {
    public static void main(String[] args) {
        List<TextSegment> segments = Arrays.stream(args).skip(2).map(TextSegment::from).toList();
        try (FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(Path.of(args[0])).build()) {
            Embedding query = model.embed(args[1]).content();
            List<Embedding> embeddings = model.embedAll(segments).content();
            int nearest = 0;
            for (int i = 1; i < embeddings.size(); i++) {
                if (CosineSimilarity.between(query, embeddings.get(i)) > CosineSimilarity.between(query, embeddings.get(nearest))) {
                    nearest = i;
                }
            }
            System.out.println("Nearest: " + segments.get(nearest).text());
        }
    }
}
