package dev.filigree.pruner.train;

/**
 * One prunable linear of a model.
 *
 * @param layer index of the transformer layer
 * @param role which of its six linears
 * @param weight {@code [outputs, inputs]}
 * @param bias {@code [outputs]}
 */
public record PrunableLinear(int layer, LinearRole role, Parameter weight, Parameter bias) {
    /** Hugging Face name without {@code .weight}. */
    public String name() {
        return role.name(layer);
    }
}
