package example;

import dev.filigree.langchain4j.FiligreeScoringModel;
import dev.langchain4j.data.segment.TextSegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Says how likely a query is to entail each of some texts: a model of pairs, the query, the texts. */
public final class Rerank {
    public static void main(String[] args) {
        List<TextSegment> segments = Arrays.stream(args).skip(2).map(TextSegment::from).toList();
        try (FiligreeScoringModel model =
                FiligreeScoringModel.builder().modelPath(Path.of(args[0])).label("entailment").build()) {
            List<Double> scores = model.scoreAll(segments, args[1]).content();
            for (int i = 0; i < scores.size(); i++) {
                System.out.println(scores.get(i) + " " + segments.get(i).text());
            }
        }
    }
}
