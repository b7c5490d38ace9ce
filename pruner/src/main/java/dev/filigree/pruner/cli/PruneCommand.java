package dev.filigree.pruner.cli;

import dev.filigree.format.DType;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.budget.Budget;
import dev.filigree.pruner.budget.BudgetRequest;
import dev.filigree.pruner.data.LabelledData;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.pipeline.CheckpointPlan;
import dev.filigree.pruner.pipeline.PruneOutcome;
import dev.filigree.pruner.pipeline.PrunePipeline;
import dev.filigree.pruner.pipeline.PruneSettings;
import dev.filigree.pruner.pipeline.Schedule;
import dev.filigree.pruner.pipeline.SparsityPlan;
import dev.filigree.pruner.pipeline.StoredTypes;
import dev.filigree.pruner.report.ReportBuilder;
import dev.filigree.pruner.report.ReportFiles;
import dev.filigree.pruner.report.Versions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code filigree prune}: base encoder and task in, one packed file out. */
@Command(
        name = "prune",
        description = "Fine-tunes a base encoder for a task, prunes it to a pattern and packs it into one file.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class PruneCommand implements Callable<Integer> {
    /** What a budget chooses from when nobody says. */
    static final String CANDIDATES = "2:4@16,2:4@8,2:4@4,2:4@1";

    @Spec
    private CommandSpec spec;

    @Mixin
    private DataOptions data;

    @Option(
            names = "--train",
            paramLabel = "FILE",
            description = "table of your own to train on, in place of a GLUE task: .csv, .tsv or .jsonl, also with .gz; its labels are "
                    + "what the model will tell; without --dev a tenth of its rows is held out to judge by")
    private Optional<Path> train;

    @Option(names = "--scores", description = "the label column of --train holds scores: a regression")
    private boolean scores;

    @Option(
            names = "--base",
            defaultValue = "all-MiniLM-L6-v2",
            description = "what to start from: all-MiniLM-L6-v2, bge-small-en-v1.5 or bert-base-uncased; a Hugging Face folder with a BERT "
                    + "encoder or classifier; or a dense .filigree file already fine-tuned")
    private String base;

    @Option(
            names = "--pattern",
            defaultValue = "2:4@16",
            converter = SparsityPlanConverter.class,
            description = "N of M inputs kept, shared by V rows (N:M@V), or dense; then rules for single linears, as in "
                    + "2:4@16,value=2:4@4,0-2.ffn-in=dense")
    private SparsityPlan sparsity;

    @Option(
            names = "--budget",
            converter = BudgetConverter.class,
            description = "choose a sparsity for each linear instead, so that accuracy suffers least: speed=1.25x (over the dense model in "
                    + "the same types, one thread, one text at a time, on this machine) or size=14MB")
    private Optional<Budget> budget;

    @Option(
            names = "--candidates",
            split = ",",
            defaultValue = CANDIDATES,
            converter = SparsityConverter.class,
            description = "what --budget chooses from, beside dense")
    private List<Sparsity> candidates;

    @Option(
            names = "--method",
            defaultValue = MethodChain.DEFAULT,
            converter = MethodChainConverter.class,
            description = "chain of obs, alps, wanda, magnitude or gradual, then admm, sr-ste and fixed-mask")
    private MethodChain method;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "the packed file to write")
    private Path out;

    @Option(
            names = "--no-report",
            description = "write no report beside the packed file (model.report.json and model.report.html for model.filigree)")
    private boolean noReport;

    @Option(names = "--save-dense", paramLabel = "FILE", description = "also keep the dense fine-tuned model, in fp32, for --base")
    private Optional<Path> saveDense;

    @Option(
            names = "--dense-epochs",
            description = "passes over the data to fine-tune the dense model (default: 3, up to 8 where examples are few, or 0 if the "
                    + "base is fine-tuned for the task)")
    private Optional<Double> denseEpochs;

    @Option(
            names = "--prune-epochs",
            description = "passes over the data while pruning, shared by the methods that train (default: 1, up to 8 where examples "
                    + "are few)")
    private Optional<Double> pruneEpochs;

    @Mixin
    private LearningOptions learning;

    @Option(names = "--batch-size", defaultValue = "32", description = "examples in a step")
    private int batchSize;

    @Option(names = "--dense-rate", defaultValue = "1e-4", description = "highest learning rate of the dense fine-tuning")
    private double denseRate;

    @Option(names = "--prune-rate", defaultValue = "" + Schedule.PRUNE_RATE, description = "highest learning rate while pruning")
    private double pruneRate;

    @Option(names = "--calibration", defaultValue = "2048", description = "training texts the second-order start looks at")
    private int calibration;

    @Option(names = "--max-tokens", defaultValue = "128", description = "longest sequence in tokens; longer texts are cut")
    private int maxTokens;

    @Option(names = "--dtype", defaultValue = "INT8", description = "packed weights: FP32, FP16 or INT8 (default: INT8)")
    private DType dtype;

    @Option(
            names = "--word-dtype",
            description = "packed word embedding: ${COMPLETION-CANDIDATES} (default: INT4 with INT8, else as --dtype)")
    private Optional<DType> wordDtype;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description = "folder of this run alone: killed at any moment and started again with the same settings, it goes on to the same "
                    + "result")
    private Optional<Path> checkpoint;

    @Option(names = "--checkpoint-seconds", defaultValue = "120", description = "least time between two checkpoints while training")
    private int checkpointSeconds;

    @Option(names = "--seed", defaultValue = "1", description = "fixes everything random")
    private long seed;

    @Option(names = "--threads", description = "threads of the whole run (default: the number of cores)")
    private Optional<Integer> threads;

    @Override
    public Integer call() throws IOException, InterruptedException {
        int cores = threads.orElse(Runtime.getRuntime().availableProcessors());
        if (budget.isPresent() && spec.commandLine().getParseResult().hasMatchedOption("--pattern")) {
            throw new ParameterException(spec.commandLine(), "--budget chooses the pattern of each linear itself: leave --pattern out.");
        }
        if (budget.isEmpty() && spec.commandLine().getParseResult().hasMatchedOption("--candidates")) {
            throw new ParameterException(
                    spec.commandLine(), "--candidates are what --budget chooses from: name a budget, or leave them out.");
        }
        LabelledData labelled = data.learned(train, scores);
        boolean fineTuned = PrunePipeline.isFineTuned(base, labelled.task());
        // Read once more than the run does, where their number decides something.
        int examples = denseEpochs.isPresent() && pruneEpochs.isPresent() ? 1 : labelled.train().examples().size();
        PruneSettings settings;
        CheckpointPlan checkpoints;
        try {
            Schedule schedule = new Schedule(
                    denseEpochs.orElse(fineTuned ? 0 : Schedule.usualDenseEpochs(examples)),
                    pruneEpochs.orElse(Schedule.usualPruneEpochs(examples)), batchSize, denseRate, pruneRate, learning.options());
            StoredTypes types = wordDtype.map(words -> new StoredTypes(dtype, words)).orElseGet(() -> StoredTypes.of(dtype));
            settings = new PruneSettings(
                    base, labelled, sparsity, budget.map(asked -> new BudgetRequest(asked, candidates)), method, schedule,
                    calibration, maxTokens, types, seed, cores, saveDense, out);
            checkpoints = new CheckpointPlan(checkpoint, Duration.ofSeconds(checkpointSeconds));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        PruneOutcome outcome;
        try (StopSignal _ = new StopSignal(); ConsoleProgress progress = new ConsoleProgress()) {
            outcome = new PrunePipeline(settings, progress, checkpoints).run();
        }
        PrintWriter table = spec.commandLine().getOut();
        outcome.dense().values().forEach((name, value) -> table.printf(Locale.ROOT, "%-22s dense %6.2f   pruned %6.2f   packed %6.2f%n",
                name, 100 * value, 100 * outcome.pruned().values().get(name), 100 * outcome.packed().values().get(name)));
        table.printf(Locale.ROOT, "%-22s dense %d   packed %d (%.1f %%)%n",
                "bytes", outcome.denseBytes(), outcome.packedBytes(), 100.0 * outcome.packedBytes() / outcome.denseBytes());
        table.printf("%-22s %s%n", "pattern", outcome.plan());
        table.printf(Locale.ROOT, "%-22s %.3f%n", "kept energy", outcome.keptEnergy());
        table.printf(Locale.ROOT, "%-22s %.2e (runtime against trainer, packed weights)%n", "largest logit gap", outcome.logitDifference());
        outcome.seconds().forEach((phase, seconds) -> table.printf(Locale.ROOT, "%-22s %.1f s%n", phase, seconds));
        table.println("Wrote " + outcome.file());
        if (!noReport) {
            ReportFiles report = ReportFiles.beside(outcome.file());
            report.write(ReportBuilder.build(settings, outcome, Versions.programs(cores), Clock.systemUTC()));
            table.println("Wrote " + report.page() + " and " + report.json());
        }
        table.flush();
        return 0;
    }
}
