package dev.filigree.server;

import dev.filigree.runtime.Classification;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The answer of {@code POST /v1/classify}.
 *
 * @param model the model that answered
 * @param results one for each input, in order
 */
record ClassifyResponse(String model, List<Result> results) {
    /**
     * The answer for one input.
     *
     * @param label the best label
     * @param score its probability, or the value of a regression
     * @param scores probability of each label, in the model's order
     */
    record Result(String label, float score, Map<String, Float> scores) {
        static Result of(Classification classification) {
            Map<String, Float> scores = new LinkedHashMap<>();
            for (int i = 0; i < classification.labels().size(); i++) {
                scores.put(classification.labels().get(i), classification.scores()[i]);
            }
            return new Result(classification.label(), classification.score(), scores);
        }
    }

    static ClassifyResponse of(String model, List<Classification> classifications) {
        return new ClassifyResponse(model, classifications.stream().map(Result::of).toList());
    }
}
