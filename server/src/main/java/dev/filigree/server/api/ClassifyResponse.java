package dev.filigree.server.api;

import dev.filigree.runtime.Classification;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * The answer of {@code POST /v1/classify}.
 *
 * @param model the model that answered
 * @param results one for each input, in order
 * @param timings where the time went
 */
record ClassifyResponse(String model, List<Result> results, Timings timings) {
    /**
     * The answer for one input.
     *
     * @param label the best label
     * @param score its probability, or the value of a regression
     * @param scores probability of each label: all in the model's order, or the best, best first
     * @param logits what the probabilities come from, by label in the same order; empty unless asked for
     * @param tokens tokens the text took
     * @param truncated whether it was cut
     */
    record Result(
            String label,
            float score,
            Map<String, Float> scores,
            Map<String, Float> logits,
            int tokens,
            boolean truncated) {
        static Result of(Classification answer, OptionalInt topK, boolean rawScores) {
            int[] order = order(answer.scores(), topK);
            return new Result(
                    answer.label(),
                    answer.score(),
                    byLabel(answer.labels(), answer.scores(), order),
                    rawScores ? byLabel(answer.labels(), answer.logits(), order) : Map.of(),
                    answer.tokens(),
                    answer.truncated());
        }

        private static int[] order(float[] scores, OptionalInt topK) {
            int[] all = new int[scores.length];
            Arrays.setAll(all, i -> i);
            return topK.isEmpty()
                    ? all
                    : Arrays.stream(all)
                            .boxed()
                            .sorted(Comparator.comparing((Integer i) -> -scores[i]))
                            .limit(topK.getAsInt())
                            .mapToInt(Integer::intValue)
                            .toArray();
        }

        private static Map<String, Float> byLabel(List<String> labels, float[] values, int[] order) {
            Map<String, Float> map = new LinkedHashMap<>();
            for (int i : order) {
                map.put(labels.get(i), values[i]);
            }
            return map;
        }
    }

    /**
     * Where the time went, in microseconds.
     *
     * @param tokenize turning texts into tokens
     * @param queue waiting for the first batch
     * @param compute from there to the end of the last batch
     * @param total from the arrival of the request's head to the writing of the answer
     * @param batchTokens tokens of the largest batch it was part of
     */
    record Timings(long tokenize, long queue, long compute, long total, int batchTokens) {}

    /** The answer to a request that took so many nanoseconds. */
    static ClassifyResponse of(ClassifyService.Answered answered, ClassifyRequest asked, long nanos) {
        ClassifyService.Timings timings = answered.timings();
        List<Result> results = new ArrayList<>(answered.answers().size());
        for (Classification answer : answered.answers()) {
            results.add(Result.of(answer, asked.topK(), asked.rawScores()));
        }
        return new ClassifyResponse(
                answered.model(),
                results,
                new Timings(
                        micros(timings.tokenizeNanos()),
                        micros(timings.queueNanos()),
                        micros(timings.computeNanos()),
                        micros(nanos),
                        timings.batchTokens()));
    }

    private static long micros(long nanos) {
        return TimeUnit.NANOSECONDS.toMicros(nanos);
    }
}
