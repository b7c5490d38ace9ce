package dev.filigree.pruner.table;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.method.MethodChain;

/**
 * One run of a table.
 *
 * @param task what it is trained for
 * @param sparsity what it is pruned to, or dense
 * @param method how; of no account when dense
 * @param seed of everything random
 */
public record TableRun(GlueTask task, Sparsity sparsity, MethodChain method, long seed) {
    /** Whether it is the one that the pruned runs of its task and seed start from. */
    public boolean isDense() {
        return sparsity.isDense();
    }

    /** The pattern as results record it. */
    public String pattern() {
        return sparsity.toString();
    }

    /** The method as results record it. */
    public String methodName() {
        return isDense() ? "dense" : method.toString();
    }

    /** Name of its files without extension, such as {@code rte-2-4-16-seed1}; a method that is not the default is part of it. */
    public String stem() {
        String chain = isDense() || method.toString().equals(MethodChain.DEFAULT) ? "" : "-" + method;
        return (task.id() + "-" + pattern() + chain + "-seed" + seed).replaceAll("[^A-Za-z0-9.]+", "-");
    }

    @Override
    public String toString() {
        return task.id() + " " + pattern() + (isDense() ? "" : " " + method) + " seed " + seed;
    }
}
