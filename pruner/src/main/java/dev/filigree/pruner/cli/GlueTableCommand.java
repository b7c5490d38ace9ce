package dev.filigree.pruner.cli;

import dev.filigree.format.DType;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.budget.Budget;
import dev.filigree.pruner.budget.BudgetRequest;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.pipeline.CheckpointPlan;
import dev.filigree.pruner.pipeline.PrunePipeline;
import dev.filigree.pruner.pipeline.PruneSettings;
import dev.filigree.pruner.pipeline.SparsityPlan;
import dev.filigree.pruner.pipeline.StoredTypes;
import dev.filigree.pruner.report.Versions;
import dev.filigree.pruner.table.GlueTable;
import dev.filigree.pruner.table.ResultFolder;
import dev.filigree.pruner.table.ResultsPage;
import dev.filigree.pruner.table.RunResult;
import dev.filigree.pruner.table.TableBase;
import dev.filigree.pruner.table.TableListener;
import dev.filigree.pruner.table.TablePlan;
import dev.filigree.pruner.table.TableRun;
import dev.filigree.pruner.table.TaskSchedules;
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
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code filigree glue-table}: the runs of a table that have no result yet, and the page with the table. */
@Command(
        name = "glue-table",
        description = "Prunes a base for several tasks, patterns and seeds, keeps each result, and makes a page's table of them. What has "
                + "a result is not run again, so a stopped table goes on where it was.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true)
final class GlueTableCommand implements Callable<Integer> {
    /** A comma before a pattern; one before a rule belongs to the pattern. */
    private static final String NEXT_PATTERN = ",(?![^,]*=)";

    private static final Duration CHECKPOINT_INTERVAL = Duration.ofMinutes(2);

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--base",
            defaultValue = "all-MiniLM-L6-v2",
            description = "what to start from: all-MiniLM-L6-v2, bge-small-en-v1.5, bert-base-uncased, or a Hugging Face folder")
    private String base;

    @Option(
            names = "--patterns",
            defaultValue = "dense,2:4@1,2:4@16",
            split = NEXT_PATTERN,
            converter = SparsityPlanConverter.class,
            description = "the rows: patterns as prune takes them, separated by commas")
    private List<SparsityPlan> patterns;

    @Option(
            names = "--budgets",
            split = ",",
            converter = BudgetConverter.class,
            description = "rows for which to choose the sparsity of each linear, as prune --budget does, separated by commas")
    private List<Budget> budgets = List.of();

    @Option(
            names = "--candidates",
            split = ",",
            defaultValue = PruneCommand.CANDIDATES,
            converter = SparsityConverter.class,
            description = "what a budget chooses from, beside dense")
    private List<Sparsity> candidates;

    @Option(
            names = "--tasks",
            split = ",",
            converter = TaskConverter.class,
            description = "the columns: GLUE tasks, separated by commas (default: all but wnli)")
    private List<GlueTask> tasks = TaskSchedules.usual();

    @Option(names = "--seeds", defaultValue = "1", split = ",", description = "one run of everything for each, separated by commas")
    private List<Long> seeds;

    @Option(
            names = "--method",
            defaultValue = MethodChain.DEFAULT,
            converter = MethodChainConverter.class,
            description = "chain of pruning methods, as prune takes it")
    private MethodChain method;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "folder of GLUE in its standard layout, or 'sample' for the bundled one (default: $FILIGREE_GLUE)")
    private Optional<String> data;

    @Option(names = "--dense-epochs", description = "passes of the dense fine-tuning (default: by task)")
    private Optional<Double> denseEpochs;

    @Option(names = "--prune-epochs", description = "passes while pruning (default: by task)")
    private Optional<Double> pruneEpochs;

    @Mixin
    private LearningOptions learning;

    @Option(names = "--batch-size", description = "examples in a step (default: by task)")
    private Optional<Integer> batchSize;

    @Option(names = "--dense-rate", description = "highest learning rate of the dense fine-tuning (default: by task)")
    private Optional<Double> denseRate;

    @Option(names = "--prune-rate", description = "highest learning rate while pruning (default: by task)")
    private Optional<Double> pruneRate;

    @Option(names = "--calibration", defaultValue = "2048", description = "training texts the second-order start looks at")
    private int calibration;

    @Option(names = "--max-tokens", defaultValue = "128", description = "longest sequence in tokens; longer texts are cut")
    private int maxTokens;

    @Option(names = "--dtype", defaultValue = "INT8", description = "packed weights: FP32, FP16 or INT8")
    private DType dtype;

    @Option(names = "--threads", description = "threads of the whole run (default: the number of cores)")
    private Optional<Integer> threads;

    @Option(names = "--work", defaultValue = "target/glue-table", paramLabel = "DIR", description = "where models are kept")
    private Path work;

    @Option(
            names = "--results",
            defaultValue = "docs/results",
            paramLabel = "DIR",
            description = "where results are kept, a file for each run")
    private Path results;

    @Option(
            names = "--page",
            paramLabel = "FILE",
            description = "the page with the table, made where there is none (default: named as the folder of the results, with .md)")
    private Optional<Path> page;

    @Option(names = "--again", description = "run again what has a result of other settings or data, which is refused otherwise")
    private boolean again;

    @Option(names = "--page-only", description = "run nothing, make the page's table from the results there are")
    private boolean pageOnly;

    @Override
    public Integer call() throws IOException {
        ResultFolder folder = new ResultFolder(results);
        ResultsPage.update(page(), folder);
        if (pageOnly) {
            return 0;
        }
        if (budgets.isEmpty() && spec.commandLine().getParseResult().hasMatchedOption("--candidates")) {
            throw new ParameterException(
                    spec.commandLine(), "--candidates are what --budgets choose from: name a budget, or leave them out.");
        }
        TablePlan plan;
        try {
            GlueData source = GlueData.resolve(data, System.getenv(GlueData.VARIABLE));
            TaskSchedules.Overrides overrides = new TaskSchedules.Overrides(denseEpochs, pruneEpochs, batchSize, denseRate, pruneRate);
            List<BudgetRequest> requests = budgets.stream().map(budget -> new BudgetRequest(budget, candidates)).toList();
            plan = new TablePlan(TableBase.of(base), source, patterns, requests, tasks, seeds, method, overrides, learning.options(),
                    calibration, maxTokens, StoredTypes.of(dtype), threads.orElse(Runtime.getRuntime().availableProcessors()), work);
            plan.requireInRange();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        int failed;
        try (StopSignal _ = new StopSignal(); ConsoleProgress progress = new ConsoleProgress()) {
            GlueTable table = new GlueTable(plan, folder, settings -> new PrunePipeline(settings, progress, checkpoints(settings)).run(),
                    () -> Versions.programs(plan.threads()), Clock.systemUTC(), new Printer(progress, spec.commandLine().getOut(), folder));
            failed = table.fill(again);
        } catch (InterruptedException e) {
            spec.commandLine().getErr()
                    .println("filigree: stopped; finished runs have their results: start the same command again to go on.");
            return 1;
        }
        if (failed > 0) {
            spec.commandLine().getErr().println("filigree: " + failed + (failed == 1 ? " run" : " runs")
                    + " failed; the same command does them again, and nothing else.");
        }
        return failed > 0 ? 1 : 0;
    }

    private Path page() {
        return page.orElseGet(() -> results.resolveSibling(results.getFileName() + ".md"));
    }

    /** Beside the packed file: a table that is killed and started again goes on in the middle of a run. */
    private static CheckpointPlan checkpoints(PruneSettings settings) {
        return new CheckpointPlan(Optional.of(Path.of(settings.out() + ".checkpoint")), CHECKPOINT_INTERVAL);
    }

    /** A line for each run, and the page kept up to date. */
    private final class Printer implements TableListener {
        private final ConsoleProgress progress;
        private final PrintWriter out;
        private final ResultFolder folder;

        Printer(ConsoleProgress progress, PrintWriter out, ResultFolder folder) {
            this.progress = progress;
            this.out = out;
            this.folder = folder;
        }

        @Override
        public void skipped(TableRun run) {
            say(run + ": there already");
        }

        @Override
        public void started(TableRun run, int number, int count) {
            progress.line(run + " (" + number + " of " + count + ")");
        }

        @Override
        public void finished(TableRun run, RunResult result) throws IOException {
            RunResult.Scores scores = result.scores();
            say(String.format(Locale.ROOT, "%s: %s: dense %.2f, packed %.2f; %.1f minutes", run, scores.metric(),
                    100 * scores.dense().main(), 100 * scores.packed().main(), result.totalSeconds() / 60));
            ResultsPage.update(page(), folder);
        }

        @Override
        public void failed(TableRun run, Exception cause) {
            say(run + ": failed: " + CommandLines.sentence(cause));
        }

        private void say(String line) {
            progress.close();
            out.println(line);
            out.flush();
        }
    }

    /** An unknown task is wrong usage. */
    private static final class TaskConverter implements ITypeConverter<GlueTask> {
        @Override
        public GlueTask convert(String value) {
            try {
                return GlueTask.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
