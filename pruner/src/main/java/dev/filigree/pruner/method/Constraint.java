package dev.filigree.pruner.method;

import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.Projection;

/** The set that a method drives a layer's weights into, by the mask of the nearest point: kept values never change. */
public sealed interface Constraint {
    /** The weights that the point nearest to these keeps. */
    Mask nearest(float[] weights);

    /**
     * Any patterns that the sparsity allows, nearest in the projection's metric.
     *
     * @param projection Euclidean or in the metric of the layer's inputs
     */
    record AnyPatterns(Projection projection) implements Constraint {
        @Override
        public Mask nearest(float[] weights) {
            return projection.select(weights);
        }
    }

    /**
     * One mask, as after a second-order start, which a projection by magnitude would undo.
     *
     * @param mask what stays kept
     */
    record Held(Mask mask) implements Constraint {
        @Override
        public Mask nearest(float[] weights) {
            return mask;
        }
    }
}
