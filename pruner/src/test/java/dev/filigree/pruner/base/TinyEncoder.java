package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import dev.filigree.pruner.base.EncoderWeights.Weight;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A random encoder of a few kilobytes with a pooler and a classifier, to be written in any format and read back. */
final class TinyEncoder {
    static final EncoderShape SHAPE = new EncoderShape(8, 2, 2, 12, 11, 9, 2, 1e-12f);
    static final int LABELS = 3;

    private TinyEncoder() {}

    /** All weights that a classifier has, in the order of the forward pass, with their shapes. */
    static List<Weight> list() {
        List<Weight> all = new ArrayList<>(EncoderWeights.of(SHAPE));
        all.addAll(EncoderWeights.linear("pooler.dense", SHAPE.hidden(), SHAPE.hidden()));
        all.addAll(EncoderWeights.linear("classifier", LABELS, SHAPE.hidden()));
        return all;
    }

    /** Values of every weight, all different. */
    static Map<String, float[]> weights() {
        Random random = new Random(31);
        Map<String, float[]> weights = new LinkedHashMap<>();
        for (Weight weight : list()) {
            float[] values = new float[weight.dims().stream().reduce(1, Math::multiplyExact)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            weights.put(weight.name(), values);
        }
        return weights;
    }
}
