package dev.filigree.pruner.pipeline;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.Projection;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.Parameter;
import dev.filigree.pruner.train.PrunableLinear;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One linear on its way to a pattern: how it is projected, and what it keeps now. Used by the training thread alone. Its state is the
 * metric, the order of rows and the mask, not the weights.
 */
final class PatternLayer implements Checkpointed {
    private final PrunableLinear linear;
    private Projection projection;
    private Mask mask;

    /** Starts with the Euclidean projection of the weights as they are; no mask is in force yet. */
    PatternLayer(PrunableLinear linear, Sparsity sparsity) {
        this.linear = linear;
        this.projection = Projection.euclidean(BlockGrid.of(linear.weight().rows(), linear.weight().columns(), sparsity));
        this.mask = projection.select(linear.weight().weights());
    }

    /** The linears of a model that a plan prunes, in the model's order. */
    static List<PatternLayer> of(BertClassifier model, SparsityPlan plan) {
        return model.linears().stream()
                .filter(linear -> !plan.of(linear.layer(), linear.role()).isDense())
                .map(linear -> new PatternLayer(linear, plan.of(linear.layer(), linear.role())))
                .toList();
    }

    /** The rows of each linear in the order in which they fall into blocks, by the linear's name; left out where it is their own order. */
    static Map<String, int[]> rowOrders(List<PatternLayer> layers) {
        return layers.stream()
                .filter(layer -> layer.grid().rowOrder().length > 0)
                .collect(Collectors.toMap(layer -> layer.linear().name(), layer -> layer.grid().rowOrder()));
    }

    PrunableLinear linear() {
        return linear;
    }

    Parameter weight() {
        return linear.weight();
    }

    /** The blocks, with the rows in the order of the mask in force. */
    BlockGrid grid() {
        return projection.grid();
    }

    Projection projection() {
        return projection;
    }

    Mask mask() {
        return mask;
    }

    /** From now on squared changes are weighed by the given worth of each input. */
    void useMetric(double[] metric) {
        projection = Projection.inMetric(grid(), metric);
    }

    /** Puts a mask in force, and its row order: the pruned weights are zero for the forward pass, their masters stay. */
    void enforce(Mask newMask) {
        mask = newMask;
        projection = new Projection(mask.grid(), projection.patterns(), projection.metric());
        weight().applyMask(newMask.toFloats());
    }

    /** Projects the master weights as they are now and puts the mask in force. */
    void enforceProjection() {
        enforce(projection.select(weight().weights()));
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.doubles("metric", projection.metric());
        out.integers("rows", grid().order());
        out.integers("patterns", mask.patterns());
    }

    @Override
    public void restore(StateReader in) throws IOException {
        useMetric(in.doubles("metric"));
        int[] rows = grid().order();
        in.integers("rows", rows);
        int[] patterns = mask.patterns();
        in.integers("patterns", patterns);
        enforce(new Mask(new BlockGrid(rows.length, grid().columns(), grid().sparsity(), rows), patterns));
    }

    /** Sets the pruned masters to zero for good. */
    void settle() {
        mask.apply(weight().weights());
        weight().publish();
    }
}
