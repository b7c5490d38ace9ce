package dev.filigree.pruner.budget;

import dev.filigree.format.Sparsity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One option for each linear so that the sum of losses is least and the sum of costs within a limit: the multiple-choice knapsack
 * problem (Sinha and Zoltners 1979), solved exactly by dynamic programming over costs rounded up to a {@value #STEPS}th of the limit, so
 * that the limit always holds.
 */
public final class Allocation {
    private static final int STEPS = 20_000;

    private Allocation() {}

    /**
     * Chooses.
     *
     * @param linears the options of each linear, at least one each
     * @param limit of the sum of costs, not negative
     * @return for each linear, in order, the sparsity chosen
     * @throws UnreachableBudgetException when even the cheapest options together cost more than the limit
     */
    public static List<Sparsity> choose(List<List<LinearOption>> linears, double limit) {
        double cheapest = linears.stream()
                .mapToDouble(options -> options.stream().mapToDouble(LinearOption::cost).min().orElseThrow())
                .sum();
        int[][] units = new int[linears.size()][];
        for (int i = 0; i < units.length; i++) {
            units[i] = linears.get(i).stream().mapToInt(option -> units(option.cost(), limit)).toArray();
        }
        double[] least = new double[STEPS + 1];
        int[][] chosen = new int[linears.size()][STEPS + 1];
        for (int i = 0; i < units.length; i++) {
            double[] next = new double[STEPS + 1];
            Arrays.fill(next, Double.POSITIVE_INFINITY);
            for (int option = 0; option < units[i].length; option++) {
                double loss = linears.get(i).get(option).loss();
                for (int total = units[i][option]; total <= STEPS; total++) {
                    double sum = least[total - units[i][option]] + loss;
                    if (sum < next[total]) {
                        next[total] = sum;
                        chosen[i][total] = option;
                    }
                }
            }
            least = next;
        }
        if (Double.isInfinite(least[STEPS])) {
            throw new UnreachableBudgetException(cheapest, limit);
        }
        return backwards(linears, units, chosen);
    }

    private static List<Sparsity> backwards(List<List<LinearOption>> linears, int[][] units, int[][] chosen) {
        List<Sparsity> sparsities = new ArrayList<>();
        int total = STEPS;
        for (int i = units.length - 1; i >= 0; i--) {
            int option = chosen[i][total];
            total -= units[i][option];
            sparsities.add(linears.get(i).get(option).sparsity());
        }
        return sparsities.reversed();
    }

    /** Rounded up; more than there is room for if it is. */
    private static int units(double cost, double limit) {
        double exact = cost == 0 ? 0 : cost / limit * STEPS;
        return exact > STEPS ? STEPS + 1 : (int) Math.ceil(exact);
    }
}
