package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.ModelFile;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.base.TinyEncoder;
import dev.filigree.pruner.budget.Budget;
import dev.filigree.pruner.budget.BudgetRequest;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.GlueTaskData;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.train.LinearRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetPlannerTest {
    private static final EncoderShape SHAPE = new EncoderShape(8, 4, 2, 16, 20, 10, 2, 1e-5f);
    private static final Sparsity V16 = new Sparsity(2, 4, 16);
    private static final Sparsity V4 = new Sparsity(2, 4, 4);
    private static final List<Sparsity> CANDIDATES = List.of(V16, V4);

    private final List<String> steps = new ArrayList<>();

    @TempDir
    private Path folder;

    /** A machine on which the rest takes 1000, a dense linear 100 (400 in the FFN), V = 16 half of it and V = 4 eight tenths. */
    private static double nanos(SparsityPlan plan, double overhead) {
        double sum = 1000;
        for (int layer = 0; layer < SHAPE.layers(); layer++) {
            for (LinearRole role : LinearRole.values()) {
                double dense = role == LinearRole.FFN_IN || role == LinearRole.FFN_OUT ? 400 : 100;
                Sparsity sparsity = plan.of(layer, role);
                sum += dense * (sparsity.equals(V16) ? 0.5 : sparsity.equals(V4) ? 0.8 : 1);
            }
        }
        return sum + (plan.isDense() ? 0 : overhead);
    }

    private static BudgetPlanner planner(double factor, Map<String, List<Double>> losses, double overhead) {
        BudgetPlanner.Timer timer = plans -> {
            double[][] nanos = new double[plans.size()][3];
            for (int i = 0; i < nanos.length; i++) {
                for (int round = 0; round < 3; round++) {
                    // The machine is busier from round to round; a ratio or difference within a round stands.
                    nanos[i][round] = nanos(plans.get(i), overhead) * (plans.size() == 2 ? 1 + round : 1);
                }
            }
            return nanos;
        };
        BudgetRequest request = new BudgetRequest(new Budget.Speed(factor), CANDIDATES);
        return new BudgetPlanner(request, SHAPE, losses, plan -> {
            throw new AssertionError("Nothing to pack for a budget of speed.");
        }, timer);
    }

    /** All alike, but FFN-in of layer 0 bears nothing, and the value linears bear V = 4 free of charge. */
    private static Map<String, List<Double>> losses() {
        Map<String, List<Double>> losses = new LinkedHashMap<>();
        for (int layer = 0; layer < SHAPE.layers(); layer++) {
            for (LinearRole role : LinearRole.values()) {
                List<Double> loss = role == LinearRole.FFN_IN && layer == 0
                        ? List.of(100.0, 50.0)
                        : role == LinearRole.VALUE ? List.of(10.0, 0.0) : List.of(1.0, 0.9);
                losses.put(role.name(layer), loss);
            }
        }
        return losses;
    }

    @Test
    void prunesWhereItCostsLeastUntilTheModelIsFastEnough() throws IOException, InterruptedException {
        double dense = nanos(SparsityPlan.DENSE, 0);
        BudgetPlanner.Choice choice = planner(1.3, losses(), 0).choose();
        assertThat(choice.reached()).isGreaterThanOrEqualTo(1.3);
        assertThat(choice.reached()).isCloseTo(dense / nanos(choice.plan(), 0), within(1e-9));
        assertThat(choice.plan().of(0, LinearRole.FFN_IN)).isEqualTo(Sparsity.DENSE);
        for (int layer = 0; layer < SHAPE.layers(); layer++) {
            assertThat(choice.plan().of(layer, LinearRole.VALUE)).as("value of layer " + layer).isNotEqualTo(V16);
        }
        assertThat(loss(choice.plan())).as("as cheap as pruning the other FFN linears").isLessThanOrEqualTo(7);
    }

    @Test
    void asksForMoreWhereThePlanIsMeasuredSlowerThanPredicted() throws IOException, InterruptedException {
        // Any pruning costs 100 nanoseconds that the sum over linears, taken layer by layer, does not foretell.
        BudgetPlanner.Choice choice = planner(1.3, losses(), 100).choose();
        assertThat(choice.reached()).isGreaterThanOrEqualTo(1.3);
    }

    @Test
    void aSpeedOutOfReachIsRefusedWithWhatCouldBeHad() {
        double fastest = nanos(SparsityPlan.DENSE, 0) / nanos(SparsityPlan.all(V16), 0);
        assertThatThrownBy(() -> planner(3, losses(), 0).choose())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("speed=3.0x")
                .hasMessageContaining(String.format(Locale.ROOT, "%.2f times", fastest));
    }

    @Test
    void aRunStaysWithinABudgetOfSize() throws IOException, InterruptedException {
        TinyEncoder.save(folder, TinyEncoder.weights(), TinyEncoder.CONFIG);
        long dense = Files.size(run(SparsityPlan.DENSE, Optional.empty()).file());
        long pruned = Files.size(run(SparsityPlan.all(V4), Optional.empty()).file());
        long budget = (dense + pruned) / 2;
        BudgetRequest request = new BudgetRequest(new Budget.Size(budget), List.of(V4));
        PruneOutcome outcome = run(SparsityPlan.DENSE, Optional.of(request));
        assertThat(outcome.packedBytes()).isBetween(pruned, budget);
        List<Sparsity> packed = new ArrayList<>();
        try (ModelFile file = ModelFile.open(outcome.file())) {
            file.model().layers().forEach(layer -> layer.linears().forEach(linear -> packed.add(linear.weight().sparsity())));
            assertThat(file.model().provenance().settings()).containsEntry("budget", "size=" + budget + " from 2:4@4")
                    .containsEntry("sparsity", outcome.plan().toString());
        }
        assertThat(packed).contains(V4, Sparsity.DENSE);
    }

    @Test
    void aSizeOutOfReachIsRefusedBeforeAnythingIsTrained() throws IOException, InterruptedException {
        TinyEncoder.save(folder, TinyEncoder.weights(), TinyEncoder.CONFIG);
        long pruned = Files.size(run(SparsityPlan.all(V4), Optional.empty()).file());
        steps.clear();
        assertThatThrownBy(() -> run(SparsityPlan.DENSE, Optional.of(new BudgetRequest(new Budget.Size(pruned / 2), List.of(V4)))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("The budget size=" + pruned / 2
                        + " is out of reach: with every linear at its smallest the file has about \\d+ bytes\\.")
                .satisfies(e -> assertThat(Double.parseDouble(e.getMessage().replaceAll(".*about (\\d+) bytes.*", "$1")))
                        .isCloseTo(pruned, within(0.1 * pruned)));
        assertThat(steps).isEmpty();
    }

    private PruneOutcome run(SparsityPlan plan, Optional<BudgetRequest> budget) throws IOException, InterruptedException {
        return new PrunePipeline(new PruneSettings(folder.toString(), new GlueTaskData(GlueTask.SST2, GlueData.sample()), plan, budget,
                MethodChain.parse("magnitude"), new Schedule(0.1, 1, 32, 1e-3, 1e-3), 32, 9, StoredTypes.of(DType.FP32), 1, 1,
                Optional.empty(),
                folder.resolve("packed.filigree")), (phase, _, _, _, _) -> steps.add(phase)).run();
    }

    private static double loss(SparsityPlan plan) {
        double sum = 0;
        for (int layer = 0; layer < SHAPE.layers(); layer++) {
            for (LinearRole role : LinearRole.values()) {
                int candidate = CANDIDATES.indexOf(plan.of(layer, role));
                sum += candidate < 0 ? 0 : losses().get(role.name(layer)).get(candidate);
            }
        }
        return sum;
    }
}
