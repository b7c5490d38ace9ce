package dev.filigree.runtime;

import dev.filigree.format.GoldenExample;
import java.util.ArrayList;
import java.util.List;

/** Runs a model's golden examples: each logit must be within {@link Classifier#tolerance} of the expected one. */
public final class GoldenCheck {
    private GoldenCheck() {}

    static void run(Classifier classifier) {
        double[] gaps = gaps(classifier);
        for (int i = 0; i < gaps.length; i++) {
            // So written that NaN is refused.
            if (!(gaps[i] <= classifier.tolerance())) {
                throw new GoldenExampleException("Golden example " + (i + 1) + " of " + gaps.length + " comes out wrong with provider "
                        + classifier.provider() + ", off by " + (float) gaps[i] + " where " + classifier.tolerance() + " is allowed: the"
                        + " file was altered, or this provider computes wrongly on this machine; try another provider, or get the file"
                        + " anew.");
            }
        }
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
            gaps[i] = gap(examples.get(i).logits(), answers.get(i).logits());
        }
        return gaps;
    }

    /**
     * How far logits are from the expected ones: the largest difference, divided by the largest expected logit where this is more than
     * one. NaN where a logit is; infinite where there are more or fewer of them.
     */
    public static double gap(float[] expected, float[] actual) {
        if (expected.length != actual.length) {
            return Double.POSITIVE_INFINITY;
        }
        double scale = 1;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs((double) expected[i] - actual[i]));
        }
        return difference / scale;
    }
}
