package dev.filigree.pruner.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.Sparsity;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AllocationTest {
    private static final List<Sparsity> CHOICES =
            List.of(Sparsity.DENSE, new Sparsity(2, 4, 1), new Sparsity(2, 4, 4), new Sparsity(2, 4, 16));

    @Test
    void isAsGoodAsTryingEverything() {
        Random random = new Random(5);
        for (int trial = 0; trial < 50; trial++) {
            List<List<LinearOption>> linears = new ArrayList<>();
            double dense = 0;
            for (int i = 0; i < 5; i++) {
                double cost = 50 + random.nextInt(1000);
                List<LinearOption> options = new ArrayList<>();
                for (int c = 0; c < CHOICES.size(); c++) {
                    options.add(new LinearOption(CHOICES.get(c), c == 0 ? 0 : random.nextDouble(), cost * (1 - 0.15 * c)));
                }
                dense += cost;
                linears.add(options);
            }
            double limit = dense * (0.6 + 0.4 * random.nextDouble());
            List<Sparsity> chosen = Allocation.choose(linears, limit);
            assertThat(sum(linears, chosen, true)).isLessThanOrEqualTo(limit);
            // Costs are rounded up by up to a 20,000th of the limit each.
            assertThat(sum(linears, chosen, false))
                    .isBetween(best(linears, 0, limit) - 1e-12, best(linears, 0, limit * (1 - 5.0 / 20_000)) + 1e-12);
        }
    }

    @Test
    void staysDenseWhereTheBudgetAllowsIt() {
        List<List<LinearOption>> linears = List.of(options(0, 10, 0.5, 6), options(0, 20, 0.1, 12));
        assertThat(Allocation.choose(linears, 30.01)).containsExactly(Sparsity.DENSE, Sparsity.DENSE);
        assertThat(Allocation.choose(linears, 25)).containsExactly(Sparsity.DENSE, new Sparsity(2, 4, 16));
        assertThat(Allocation.choose(linears, 19)).containsExactly(new Sparsity(2, 4, 16), new Sparsity(2, 4, 16));
    }

    @Test
    void aBudgetOutOfReachSaysWhatCouldBeHad() {
        assertThatThrownBy(() -> Allocation.choose(List.of(options(0, 10, 0.5, 6)), 5))
                .isInstanceOfSatisfying(UnreachableBudgetException.class, e -> {
                    assertThat(e.cheapest()).isCloseTo(6, within(1e-12));
                    assertThat(e.limit()).isEqualTo(5);
                });
    }

    private static List<LinearOption> options(double denseLoss, double denseCost, double loss, double cost) {
        return List.of(new LinearOption(Sparsity.DENSE, denseLoss, denseCost), new LinearOption(new Sparsity(2, 4, 16), loss, cost));
    }

    private static double sum(List<List<LinearOption>> linears, List<Sparsity> chosen, boolean cost) {
        double sum = 0;
        for (int i = 0; i < chosen.size(); i++) {
            Sparsity sparsity = chosen.get(i);
            LinearOption option = linears.get(i).stream().filter(o -> o.sparsity().equals(sparsity)).findFirst().orElseThrow();
            sum += cost ? option.cost() : option.loss();
        }
        return sum;
    }

    private static double best(List<List<LinearOption>> linears, int from, double limit) {
        if (from == linears.size()) {
            return 0;
        }
        double best = Double.POSITIVE_INFINITY;
        for (LinearOption option : linears.get(from)) {
            if (option.cost() <= limit) {
                best = Math.min(best, option.loss() + best(linears, from + 1, limit - option.cost()));
            }
        }
        return best;
    }
}
