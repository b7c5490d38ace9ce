package dev.filigree.pruner.table;

import dev.filigree.pruner.budget.BudgetRequest;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.pipeline.SparsityPlan;
import dev.filigree.pruner.pipeline.TrainingOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One run of a table.
 *
 * @param task what it is trained for
 * @param sparsity what it is pruned to, or dense
 * @param budget what the model may take, where the run is to choose the sparsities itself; the sparsity is dense then
 * @param method how; of no account when dense
 * @param options what in training is not as usual; of a dense run what matters to it
 * @param seed of everything random
 */
public record TableRun(
        GlueTask task, SparsityPlan sparsity, Optional<BudgetRequest> budget, MethodChain method, TrainingOptions options, long seed) {
    private static final int LONGEST_PATTERN = 60;
    private static final String DENSE = "dense";

    /** Settings that, where they are not as usual, make a row of their own; they are recorded by the names of their options. */
    private static final List<String> TOLD_APART = List.of("distill", "augment", "quantize-aware", "patience");

    /** Leaves out what does not matter to a dense run. */
    public TableRun {
        if (sparsity.isDense() && budget.isEmpty()) {
            options = options.ofDense();
        } else if (method.trainingSteps() == 0) {
            options = options.withoutAugment();
        }
    }

    /** Whether it is the one that the pruned runs of its task and seed start from. */
    public boolean isDense() {
        return sparsity.isDense() && budget.isEmpty();
    }

    /** The dense run that this one starts from, or this one. */
    TableRun dense() {
        return new TableRun(task, SparsityPlan.DENSE, Optional.empty(), method, options, seed);
    }

    /** The pattern, or the budget, as results record it. */
    public String pattern() {
        return budget.map(request -> request.budget().toString()).orElseGet(sparsity::toString);
    }

    /** The method as results record it. */
    public String methodName() {
        return isDense() ? DENSE : method.toString();
    }

    /** Name of its files without extension, such as {@code rte-2-4-16-seed1}; a method and options that are not the default are in it. */
    public String stem() {
        String chain = isDense() || method.toString().equals(MethodChain.DEFAULT) ? "" : "-" + method;
        String name = task.id() + "-" + shortened(pattern()) + chain + "-" + flags(methodName(), options.asText()) + "-seed" + seed;
        return name.replaceAll("[^A-Za-z0-9.]+", "-");
    }

    /** The settings that tell rows apart as the command takes them, such as {@code --distill logits --patience 3}; usually none. */
    static String flags(String method, Map<String, String> settings) {
        Map<String, String> usual = TrainingOptions.DEFAULT.asText();
        Map<String, String> told = new HashMap<>(settings);
        if (!method.equals(DENSE) && MethodChain.parse(method).trainingSteps() > 0) {
            // Training without replaced words has no such setting.
            told.putIfAbsent("augment", "0");
        }
        return TOLD_APART.stream()
                .filter(name -> told.containsKey(name) && !told.get(name).equals(usual.get(name)))
                .map(name -> "--" + name + " " + told.get(name))
                .collect(Collectors.joining(" "));
    }

    /** A pattern with many rules by its standard and a number that stands for the rules. */
    static String shortened(String pattern) {
        return pattern.length() <= LONGEST_PATTERN
                ? pattern
                : String.format("%s,mixed-%08x", pattern.substring(0, pattern.indexOf(',')), pattern.hashCode());
    }

    @Override
    public String toString() {
        String flags = flags(methodName(), options.asText());
        return task.id() + " " + shortened(pattern()) + (isDense() ? "" : " " + method) + (flags.isEmpty() ? "" : " " + flags)
                + " seed " + seed;
    }
}
