package dev.filigree.pruner.pipeline;

import dev.filigree.format.DenseMatrix;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.budget.Allocation;
import dev.filigree.pruner.budget.Budget;
import dev.filigree.pruner.budget.BudgetRequest;
import dev.filigree.pruner.budget.LinearOption;
import dev.filigree.pruner.budget.UnreachableBudgetException;
import dev.filigree.pruner.train.LinearRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Chooses a sparsity for each linear so that the model stays within a budget and its answers move least. */
final class BudgetPlanner {
    /** Plans that are measured before the search gives up: predicted and measured speeds differ a little. */
    private static final int ATTEMPTS = 4;
    /** Payloads begin at multiples of this many bytes. */
    private static final int ALIGNMENT = 64;
    /** Bytes by which a linear's entries in the manifest and the provenance may be longer when it is pruned. */
    private static final int ENTRY = 32;

    private final BudgetRequest request;
    private final EncoderShape shape;
    private final Map<String, List<Double>> losses;
    private final Function<SparsityPlan, Model> packed;
    private final Timer timer;

    /** Times plans in turns. */
    interface Timer {
        /** Nanoseconds under each plan, {@code [plans][rounds]}; the same round of two plans may be compared. */
        double[][] nanos(List<SparsityPlan> plans) throws InterruptedException;
    }

    /**
     * Prepares a choice.
     *
     * @param losses of each linear, by name, one for each candidate: see {@link SensitivityScan}
     * @param packed makes a model of a plan with all that the file will hold; its answers do not matter
     */
    BudgetPlanner(
            BudgetRequest request,
            EncoderShape shape,
            Map<String, List<Double>> losses,
            Function<SparsityPlan, Model> packed,
            Timer timer) {
        this.request = request;
        this.shape = shape;
        this.losses = losses;
        this.packed = packed;
        this.timer = timer;
    }

    /**
     * Refuses a budget of size that is out of reach, which the losses have no say in; a speed is known only when it is measured.
     *
     * @param packed as the constructor's
     * @throws IllegalArgumentException with a sentence for the user
     * @throws IOException when the size of a file cannot be measured
     */
    static void requireReachable(BudgetRequest request, EncoderShape shape, Function<SparsityPlan, Model> packed) throws IOException {
        if (request.budget() instanceof Budget.Size(long bytes)) {
            List<Double> none = Collections.nCopies(request.candidates().size(), 0.0);
            Map<String, List<Double>> losses = new HashMap<>();
            for (int layer = 0; layer < shape.layers(); layer++) {
                for (LinearRole role : LinearRole.values()) {
                    losses.put(role.name(layer), none);
                }
            }
            new BudgetPlanner(request, shape, losses, packed, _ -> new double[0][]).ofSize(bytes);
        }
    }

    /**
     * What was chosen.
     *
     * @param plan the sparsity of each linear
     * @param reached the measured speed over the dense model, or the bytes of the file
     */
    record Choice(SparsityPlan plan, double reached) {}

    /**
     * Chooses, and checks the choice against the budget.
     *
     * @throws IllegalArgumentException with a sentence for the user when the budget is out of reach
     * @throws IOException when the size of a file cannot be measured
     * @throws InterruptedException when the thread was interrupted
     */
    Choice choose() throws IOException, InterruptedException {
        return switch (request.budget()) {
            case Budget.Speed(double factor) -> bySpeed(factor);
            case Budget.Size(long bytes) -> bySize(bytes);
        };
    }

    private Choice bySpeed(double factor) throws InterruptedException {
        List<SparsityPlan> plans = new ArrayList<>(List.of(SparsityPlan.DENSE));
        for (Group group : Group.values()) {
            for (Sparsity candidate : request.candidates()) {
                plans.add(new SparsityPlan(Sparsity.DENSE,
                        group.roles.stream().map(role -> new SparsityPlan.Rule(Optional.empty(), role, candidate)).toList()));
            }
        }
        double[][] nanos = timer.nanos(plans);
        double dense = median(nanos[0]);
        double[] saved = new double[plans.size()];
        for (int i = 1; i < saved.length; i++) {
            double[] differences = nanos[i].clone();
            Arrays.setAll(differences, round -> nanos[0][round] - differences[round]);
            saved[i] = median(differences) / shape.layers();
        }
        // What a linear takes is known only as what it saves: all get the same positive cost when dense, the largest saving.
        double ofDense = Arrays.stream(saved).max().orElseThrow();
        BiFunction<LinearRole, Integer, Double> cost = (role, candidate) -> {
            Group group = Group.of(role);
            return ofDense - saved[1 + group.ordinal() * request.candidates().size() + candidate] / group.roles.size();
        };
        double target = factor;
        for (int attempt = 1; ; attempt++) {
            double limit = dense / target - dense + ofDense * losses.size();
            Choice choice = tried(cost, ofDense, limit, factor);
            if (choice.reached() >= factor) {
                return choice;
            }
            if (attempt == ATTEMPTS) {
                throw new IllegalArgumentException(String.format(Locale.ROOT,
                        "The budget %s is out of reach: the fastest plan found was measured at %.2f times the dense model's speed.",
                        request.budget(), choice.reached()));
            }
            target *= factor / choice.reached();
        }
    }

    private Choice tried(BiFunction<LinearRole, Integer, Double> cost, double ofDense, double limit, double factor)
            throws InterruptedException {
        try {
            SparsityPlan plan = plan(cost, role -> ofDense, Math.max(0, limit));
            return new Choice(plan, speedup(plan));
        } catch (UnreachableBudgetException e) {
            SparsityPlan fastest = plan(cost, role -> ofDense, e.cheapest() * (1 + 1e-3));
            double reached = speedup(fastest);
            if (reached >= factor) {
                return new Choice(fastest, reached);
            }
            throw new IllegalArgumentException(String.format(Locale.ROOT,
                    "The budget %s is out of reach: with every linear at its fastest the model is %.2f times as fast as dense.",
                    request.budget(), reached));
        }
    }

    /** The median of the rounds' ratios. */
    private double speedup(SparsityPlan plan) throws InterruptedException {
        if (plan.isDense()) {
            return 1;
        }
        double[][] nanos = timer.nanos(List.of(SparsityPlan.DENSE, plan));
        double[] ratios = nanos[0].clone();
        Arrays.setAll(ratios, round -> ratios[round] / nanos[1][round]);
        return median(ratios);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private Choice bySize(long bytes) throws IOException {
        SparsityPlan plan = ofSize(bytes);
        return new Choice(plan, sizeOf(packed.apply(plan)));
    }

    private SparsityPlan ofSize(long bytes) throws IOException {
        Model dense = packed.apply(SparsityPlan.DENSE);
        long denseLinears = Arrays.stream(LinearRole.values()).mapToLong(role -> shape.layers() * bytesOf(dense, role)).sum();
        long others = sizeOf(dense) - denseLinears;
        List<Model> models = request.candidates().stream().map(SparsityPlan::all).map(packed).toList();
        try {
            return plan((role, candidate) -> (double) bytesOf(models.get(candidate), role) + ENTRY,
                    role -> (double) bytesOf(dense, role), Math.max(0, bytes - others));
        } catch (UnreachableBudgetException e) {
            throw new IllegalArgumentException(String.format(Locale.ROOT,
                    "The budget %s is out of reach: with every linear at its smallest the file has about %.0f bytes.",
                    request.budget(), others + e.cheapest()));
        }
    }

    private SparsityPlan plan(BiFunction<LinearRole, Integer, Double> cost, Function<LinearRole, Double> denseCost, double limit) {
        List<List<LinearOption>> options = new ArrayList<>();
        for (int layer = 0; layer < shape.layers(); layer++) {
            for (LinearRole role : LinearRole.values()) {
                List<LinearOption> ofLinear = new ArrayList<>();
                ofLinear.add(new LinearOption(Sparsity.DENSE, 0, denseCost.apply(role)));
                for (int i = 0; i < request.candidates().size(); i++) {
                    double loss = losses.get(role.name(layer)).get(i);
                    ofLinear.add(new LinearOption(request.candidates().get(i), loss, cost.apply(role, i)));
                }
                options.add(ofLinear);
            }
        }
        List<Sparsity> chosen = Allocation.choose(options, limit);
        int roles = LinearRole.values().length;
        return SparsityPlan.of(shape, (layer, role) -> chosen.get(layer * roles + role.ordinal()));
    }

    private static long bytesOf(Model model, LinearRole role) {
        return switch (model.layers().getFirst().linears().get(role.ordinal()).weight()) {
            case DenseMatrix dense -> aligned(dense.values().byteSize()) + aligned(dense.scales().byteSize());
            case SparseMatrix sparse -> aligned(sparse.values().byteSize()) + aligned(sparse.scales().byteSize())
                    + aligned(sparse.patternIds().byteSize()) + aligned((long) Integer.BYTES * sparse.rowOrder().length);
        };
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, (long) ALIGNMENT) * ALIGNMENT;
    }

    private static long sizeOf(Model model) throws IOException {
        Path file = Files.createTempFile("filigree", ".filigree");
        try {
            ModelWriter.write(model, file);
            return Files.size(file);
        } finally {
            Files.delete(file);
        }
    }

    /** Linears of one shape, whose times are alike. */
    private enum Group {
        ATTENTION(LinearRole.QUERY, LinearRole.KEY, LinearRole.VALUE, LinearRole.ATTENTION_OUTPUT),
        FFN_IN(LinearRole.FFN_IN),
        FFN_OUT(LinearRole.FFN_OUT);

        private final List<LinearRole> roles;

        Group(LinearRole... roles) {
            this.roles = List.of(roles);
        }

        static Group of(LinearRole role) {
            return Arrays.stream(values()).filter(group -> group.roles.contains(role)).findFirst().orElseThrow();
        }
    }
}
