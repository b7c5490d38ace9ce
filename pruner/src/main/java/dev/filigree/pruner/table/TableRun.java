package dev.filigree.pruner.table;

import dev.filigree.pruner.budget.BudgetRequest;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.pipeline.SparsityPlan;
import java.util.Optional;

/**
 * One run of a table.
 *
 * @param task what it is trained for
 * @param sparsity what it is pruned to, or dense
 * @param budget what the model may take, where the run is to choose the sparsities itself; the sparsity is dense then
 * @param method how; of no account when dense
 * @param seed of everything random
 */
public record TableRun(GlueTask task, SparsityPlan sparsity, Optional<BudgetRequest> budget, MethodChain method, long seed) {
    private static final int LONGEST_PATTERN = 60;

    /** Whether it is the one that the pruned runs of its task and seed start from. */
    public boolean isDense() {
        return sparsity.isDense() && budget.isEmpty();
    }

    /** The pattern, or the budget, as results record it. */
    public String pattern() {
        return budget.map(request -> request.budget().toString()).orElseGet(sparsity::toString);
    }

    /** The method as results record it. */
    public String methodName() {
        return isDense() ? "dense" : method.toString();
    }

    /** Name of its files without extension, such as {@code rte-2-4-16-seed1}; a method that is not the default is part of it. */
    public String stem() {
        String chain = isDense() || method.toString().equals(MethodChain.DEFAULT) ? "" : "-" + method;
        return (task.id() + "-" + shortened(pattern()) + chain + "-seed" + seed).replaceAll("[^A-Za-z0-9.]+", "-");
    }

    /** A pattern with many rules by its standard and a number that stands for the rules. */
    static String shortened(String pattern) {
        return pattern.length() <= LONGEST_PATTERN
                ? pattern
                : String.format("%s,mixed-%08x", pattern.substring(0, pattern.indexOf(',')), pattern.hashCode());
    }

    @Override
    public String toString() {
        return task.id() + " " + shortened(pattern()) + (isDense() ? "" : " " + method) + " seed " + seed;
    }
}
