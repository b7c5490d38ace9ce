package dev.filigree.pruner.report;

import dev.filigree.pruner.pattern.Parallel;
import dev.filigree.pruner.pipeline.Predictions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Scores of a run's three models with their confidence intervals. Each resample draws examples with replacement, the same ones for all
 * models, so that differences are paired. A seed fixes every draw, whatever the number of threads.
 */
final class Bootstrap {
    /** Enough for two digits of a 95 % interval. */
    static final int RESAMPLES = 2000;

    private static final long SEED = 20_260_101;
    private static final String ACCURACY = "accuracy";

    private final Predictions answers;
    private final float[] expected;

    private Bootstrap(Predictions answers) {
        this.answers = answers;
        this.expected = answers.source().file().targets();
    }

    /** Every metric of every evaluation file. */
    static List<RunReport.Metric> metrics(List<Predictions> files) {
        List<RunReport.Metric> metrics = new ArrayList<>();
        files.forEach(file -> metrics.addAll(new Bootstrap(file).metrics()));
        return metrics;
    }

    private List<RunReport.Metric> metrics() {
        int count = expected.length;
        List<float[]> models = List.of(answers.dense(), answers.pruned(), answers.packed());
        List<SequencedMap<String, Double>> whole = models.stream().map(model -> score(model, expected)).toList();
        List<List<SequencedMap<String, Double>>> resampled = new ArrayList<>(Collections.nCopies(RESAMPLES, List.of()));
        Parallel.forRanges(RESAMPLES, 1, (from, to) -> {
            for (int resample = from; resample < to; resample++) {
                int[] drawn = new SplittableRandom(SEED + resample).ints(count, 0, count).toArray();
                float[] wanted = pick(expected, drawn);
                resampled.set(resample, models.stream().map(model -> score(pick(model, drawn), wanted)).toList());
            }
        });
        List<RunReport.Metric> metrics = new ArrayList<>();
        for (String name : whole.getFirst().keySet()) {
            double[][] values = new double[models.size()][];
            for (int model = 0; model < models.size(); model++) {
                int which = model;
                values[model] = resampled.stream().mapToDouble(scored -> scored.get(which).get(name)).toArray();
            }
            Interval[] intervals = new Interval[models.size()];
            for (int model = 0; model < models.size(); model++) {
                intervals[model] = name.startsWith(ACCURACY)
                        ? Interval.wilson(hits(models.get(model)), count)
                        : Interval.percentile(whole.get(model).get(name), values[model]);
            }
            metrics.add(new RunReport.Metric(name, answers.source().file().stem(), count,
                    name.startsWith(ACCURACY) ? "Wilson" : "bootstrap", intervals[0], intervals[1], intervals[2],
                    difference(name, whole, values, 1), difference(name, whole, values, 2)));
        }
        return metrics;
    }

    private static Interval difference(String name, List<SequencedMap<String, Double>> whole, double[][] values, int model) {
        double[] differences = IntStream.range(0, values[model].length).mapToDouble(i -> values[model][i] - values[0][i]).toArray();
        return Interval.percentile(whole.get(model).get(name) - whole.getFirst().get(name), differences);
    }

    private SequencedMap<String, Double> score(float[] answered, float[] wanted) {
        return answers.source().metric().score(answered, wanted).values();
    }

    private long hits(float[] model) {
        return IntStream.range(0, model.length).filter(i -> model[i] == expected[i]).count();
    }

    private static float[] pick(float[] values, int[] drawn) {
        float[] picked = new float[drawn.length];
        for (int i = 0; i < drawn.length; i++) {
            picked[i] = values[drawn[i]];
        }
        return picked;
    }
}
