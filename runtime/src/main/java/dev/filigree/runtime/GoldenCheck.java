package dev.filigree.runtime;

import dev.filigree.format.GoldenExample;
import java.util.List;

/** Runs a model's golden examples: each logit must be within {@link Classifier#tolerance} of the expected one. */
final class GoldenCheck {
    private GoldenCheck() {}

    static void run(Classifier classifier) {
        List<GoldenExample> examples = classifier.model().goldenExamples();
        List<Classification> answers =
                classifier.classify(examples.stream().map(example -> new TextInput(example.text(), example.pair())).toList());
        for (int i = 0; i < examples.size(); i++) {
            double difference = difference(examples.get(i).logits(), answers.get(i).logits());
            // So written that NaN is refused.
            if (!(difference <= classifier.tolerance())) {
                throw new GoldenExampleException("Golden example " + (i + 1) + " of " + examples.size() + " comes out wrong with provider "
                        + classifier.provider() + ", off by " + (float) difference + " where " + classifier.tolerance() + " is allowed: the"
                        + " file was altered, or this provider computes wrongly on this machine; try another provider, or get the file"
                        + " anew.");
            }
        }
    }

    private static double difference(float[] expected, float[] actual) {
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
