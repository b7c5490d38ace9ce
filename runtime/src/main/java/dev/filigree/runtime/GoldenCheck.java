package dev.filigree.runtime;

import dev.filigree.format.GoldenExample;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs a model's golden examples: the logits must be within {@link Classifier#tolerance} of the expected ones. */
public final class GoldenCheck {
    /**
     * Times the norm of its head, what an answer of a regression must be away from the head's bias to be more than one of the units that
     * logits have: a head that learned scores from 0 to 5 has a norm of about 0.4.
     */
    private static final double NORMS_OF_A_UNIT = 2.5;

    private GoldenCheck() {}

    static void run(Classifier classifier) {
        double[] gaps = gaps(classifier);
        double gap = judged(classifier, gaps);
        // So written that NaN is refused.
        if (!(gap <= classifier.tolerance())) {
            throw new GoldenExampleException("The golden examples come out wrong with provider " + classifier.provider() + ", "
                    + (classifier.roundsActivations() ? "half of them" : "one of them") + " off by " + (float) gap + " where "
                    + classifier.tolerance() + " is allowed: the file was altered, or this provider computes wrongly on this machine; try"
                    + " another provider, or get the file anew.");
        }
    }

    /**
     * What must be within {@link Classifier#tolerance} of some texts' {@linkplain #gap gaps}: the largest, or where the classifier rounds
     * activations to 8 bits the median, since rounding moves a few answers of some models far. NaN where one is; 0 of none.
     */
    public static double judged(Classifier classifier, double[] gaps) {
        double largest = 0;
        for (double gap : gaps) {
            // NaN is the largest.
            largest = Math.max(largest, gap);
        }
        if (!classifier.roundsActivations() || gaps.length == 0 || Double.isNaN(largest)) {
            return largest;
        }
        double[] sorted = gaps.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /**
     * The {@link #gap} of each golden example of a classifier's model, in their order.
     */
    public static double[] gaps(Classifier classifier) {
        List<GoldenExample> examples = classifier.model().goldenExamples();
        List<TextInput> inputs = new ArrayList<>();
        for (GoldenExample example : examples) {
            inputs.add(new TextInput(example.text(), example.pair()));
        }
        List<Classification> answers = classifier.classify(inputs);
        double[] gaps = new double[answers.size()];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = gap(classifier.model(), examples.get(i).logits(), answers.get(i).logits());
        }
        return gaps;
    }

    /**
     * How far logits are from the expected ones: the largest difference, divided by the largest expected logit where this is more than
     * one. Of a regression, whose scores have any range, one is a multiple of the norm of its head, and what is expected counts from the
     * head's bias. NaN where a logit is; infinite where there are more or fewer of them.
     *
     * @param model whose logits they are
     */
    public static double gap(Model model, float[] expected, float[] actual) {
        if (!model.task().regression()) {
            return gap(expected, actual, 1, 0);
        }
        Linear head = model.head().classifier();
        double squares = 0;
        for (float weight : head.weight().toFloats()) {
            squares += weight * weight;
        }
        return gap(expected, actual, NORMS_OF_A_UNIT * Math.sqrt(squares), head.bias()[0]);
    }

    /** The same of logits of a classification. */
    public static double gap(float[] expected, float[] actual) {
        return gap(expected, actual, 1, 0);
    }

    private static double gap(float[] expected, float[] actual, double unit, double zero) {
        if (expected.length != actual.length) {
            return Double.POSITIVE_INFINITY;
        }
        double scale = unit;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i] - zero));
            difference = Math.max(difference, Math.abs((double) expected[i] - actual[i]));
        }
        // A head of zeros tells its bias, exactly.
        return difference == 0 ? 0 : difference / scale;
    }
}
