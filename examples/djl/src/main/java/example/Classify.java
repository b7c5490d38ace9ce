package example;

import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Says what the model of the first argument makes of the texts that follow. */
public final class Classify {
    public static void main(String[] args) throws Exception {
        List<String> texts = Arrays.asList(args).subList(1, args.length);
        Criteria<String, Classifications> criteria = Criteria.builder()
                .setTypes(String.class, Classifications.class)
                .optEngine("Filigree")
                .optModelPath(Path.of(args[0]))
                .build();
        try (ZooModel<String, Classifications> model = criteria.loadModel();
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            for (Classifications answer : predictor.batchPredict(texts)) {
                Classifications.Classification best = answer.best();
                System.out.println(best.getClassName() + " " + (float) best.getProbability());
            }
        }
    }
}
