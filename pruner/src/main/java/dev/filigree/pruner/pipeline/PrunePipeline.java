package dev.filigree.pruner.pipeline;

import dev.filigree.format.Model;
import dev.filigree.format.Task;
import dev.filigree.pruner.budget.BudgetRequest;
import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.Checkpoints;
import dev.filigree.pruner.checkpoint.PhaseCheckpoint;
import dev.filigree.pruner.checkpoint.Track;
import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.data.TaskScore;
import dev.filigree.pruner.method.MethodStep;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.CachedTeacher;
import dev.filigree.pruner.train.CurveRecorder;
import dev.filigree.pruner.train.EncodedExample;
import dev.filigree.pruner.train.HeadSpec;
import dev.filigree.pruner.train.Objective;
import dev.filigree.pruner.train.ScoreScale;
import dev.filigree.pruner.train.StepHook;
import dev.filigree.pruner.train.Teacher;
import dev.filigree.pruner.train.TorchEngine;
import dev.filigree.pruner.train.Trainer;
import dev.filigree.pruner.train.TrainingListener;
import dev.filigree.pruner.train.TrainingPlan;
import dev.filigree.pruner.train.WordReplacement;
import dev.filigree.runtime.FiligreeVersion;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole run: dense fine-tune, the chain of pruning methods with the dense model as teacher, pack, prove, write. The packed file appears
 * only when the runtime has shown the trainer's logits with it.
 */
public final class PrunePipeline {
    /** Program and version, for provenance. */
    public static final String TOOL = "filigree " + FiligreeVersion.current();

    static final int EVALUATION_BATCH = 64;

    private static final long CACHED_TEACHER_BYTES = 1L << 30;
    private static final int TIMED_TEXTS = 16;

    private static final Logger LOG = LoggerFactory.getLogger(PrunePipeline.class);

    private final PruneSettings settings;
    private final CurveRecorder curves;
    private final CheckpointPlan checkpointPlan;
    private final SequencedMap<String, Double> seconds = new LinkedHashMap<>();

    /** Prepares a run without checkpoints, watched by a listener. */
    public PrunePipeline(PruneSettings settings, TrainingListener listener) {
        this(settings, listener, CheckpointPlan.NONE);
    }

    /** Prepares a run, or one that goes on from its checkpoints to the result it would have had in one go. */
    public PrunePipeline(PruneSettings settings, TrainingListener listener, CheckpointPlan checkpointPlan) {
        this.settings = settings;
        this.curves = new CurveRecorder(listener);
        this.checkpointPlan = checkpointPlan;
    }

    /**
     * Whether a base is fine-tuned for a task already, so that it needs no pass of fine-tuning.
     *
     * @throws IOException when the base is a folder without a readable description
     */
    public static boolean isFineTuned(String base, Task task) throws IOException {
        return StartingModel.isFineTuned(base, task);
    }

    /**
     * Runs it. One run at a time in a process.
     *
     * @throws IOException when data or base model cannot be read, or the file cannot be written; the target is then as it was
     * @throws InterruptedException when the thread was interrupted; nothing but checkpoints is written then
     */
    public PruneOutcome run() throws IOException, InterruptedException {
        requireWritable(settings.out());
        if (settings.saveDense().isPresent()) {
            requireWritable(settings.saveDense().get());
        }
        StartingModel start = StartingModel.load(settings.base(), settings.task(), settings.maxTokens());
        settings.sparsity().requireFits(start.shape());
        TaskData data = TaskData.load(settings.data(), new WordPieceTokenizer(start.tokenizer()));
        if (Thread.interrupted()) {
            throw new InterruptedException("The run was stopped.");
        }
        curves.planned(settings.phases(data.train().size()));
        TorchEngine engine = TorchEngine.start(settings.threads()).with(settings.schedule().options().precision());
        HeadSpec head = new HeadSpec(start.pooling(), settings.task().labels().size(), settings.task().regression(),
                settings.task().regression() ? ScoreScale.of(data.train()) : ScoreScale.NONE);
        try (Checkpoints checkpoints = checkpointPlan.open(RunIdentity.of(settings, start, data));
                BertClassifier dense = new BertClassifier(engine, start.shape(), head, start.weights(), settings.seed())) {
            requireReachable(dense, start.withoutWeights(), data);
            fineTune(dense, data, start.fineTuned(), checkpoints);
            List<float[]> denseAnswers = answers(checkpoints.track("denseanswers"), "evaluate dense", dense, data);
            TaskScore denseScore = data.score(denseAnswers);
            SparsityPlan plan = plan(dense, denseScore, start.withoutWeights(), data, checkpoints);
            Packing packing = new Packing(settings.with(plan), start.withoutWeights(), data);
            if (settings.saveDense().isPresent()) {
                packing.writeDense(dense, denseScore, settings.saveDense().get());
            }
            try (BertClassifier student = dense.copy()) {
                List<PatternLayer> layers = PatternLayer.of(student, plan);
                if (!layers.isEmpty()) {
                    settings.types().roundEmbeddings(student);
                }
                SequencedMap<String, Double> keptEnergies =
                        prune(layers, dense, student, data, start.tokenizer().vocabulary(), checkpoints);
                List<float[]> prunedAnswers = answers(checkpoints.track("prunedanswers"), "evaluate pruned", student, data);
                TaskScore prunedScore = data.score(prunedAnswers);
                Packing.Proof proof =
                        timed("pack and prove", () -> packing.write(student, layers, denseScore, prunedScore, keptEnergies));
                checkpoints.clear();
                return new PruneOutcome(denseScore, prunedScore, proof.score(),
                        data.predictions(denseAnswers, prunedAnswers, proof.answers()), keptEnergies, proof.logitDifference(),
                        proof.denseBytes(), Files.size(settings.out()), plan, curves.curves(), seconds, settings.out());
            }
        }
    }

    private void fineTune(BertClassifier model, TaskData data, boolean fineTuned, Checkpoints checkpoints)
            throws InterruptedException, IOException {
        Schedule schedule = settings.schedule();
        int steps = settings.denseSteps(data.train().size());
        if (steps > 0) {
            TrainingPlan plan = TrainingPlan.of("fine-tune", steps, schedule.batchSize(), schedule.denseRate(), settings.seed())
                    .withTrainedEmbeddings()
                    .withStopping(schedule.options().stopping());
            Trainer trainer = new Trainer(model, curves);
            phase(checkpoints.track("dense"), "fine-tune", model,
                    checkpoint -> trainer.train(data.train(), plan, Objective.LABELS, StepHook.NONE, checkpoint));
        } else if (!fineTuned) {
            LOG.warn("There is no head for the task and no epoch of fine-tuning to train one: the packed file will have its right size and "
                    + "speed, and answer at random.");
        }
    }

    /** A file's size is known before anything is trained: it does not depend on the weights, nor on the scores that it tells. */
    private void requireReachable(BertClassifier untrained, StartingModel start, TaskData data) throws IOException, InterruptedException {
        if (settings.budget().isPresent()) {
            TaskScore some = data.score(new KeptAnswers(data).get());
            BudgetPlanner.requireReachable(
                    settings.budget().get(), untrained.shape(), new Packing(settings, start, data).drafts(untrained, some));
        }
    }

    /** The plan of the settings, or one made for their budget. */
    private SparsityPlan plan(
            BertClassifier dense, TaskScore denseScore, StartingModel start, TaskData data, Checkpoints checkpoints)
            throws InterruptedException, IOException {
        KeptPlan plan = new KeptPlan(settings.sparsity());
        if (settings.budget().isPresent()) {
            BudgetRequest request = settings.budget().get();
            Packing packing = new Packing(settings, start, data);
            phase(checkpoints.track("plan"), "plan", plan, _ -> {
                SensitivityScan scan = new SensitivityScan(dense, request.candidates(), curves);
                Map<String, List<Double>> losses = scan.run(data.calibration(settings));
                Function<SparsityPlan, Model> packed = packing.drafts(dense, denseScore);
                BudgetPlanner planner =
                        new BudgetPlanner(request, dense.shape(), losses, packed, new PlanTimer(packed, timedTexts(data)));
                BudgetPlanner.Choice choice = planner.choose();
                LOG.info("The budget {} is met, with {}, by {}.", request.budget(), choice.reached(), choice.plan());
                plan.set(choice.plan());
            });
        }
        return plan.get();
    }

    /** Evaluation texts to time, evenly spaced. */
    private static List<TextInput> timedTexts(TaskData data) {
        List<Example> all = data.dev().getFirst().texts();
        int count = Math.min(TIMED_TEXTS, all.size());
        return IntStream.range(0, count)
                .mapToObj(i -> all.get(i * (all.size() / count)))
                .map(example -> new TextInput(example.first(), example.second()))
                .toList();
    }

    /** Returns the share of the dense weights' energy that the mask keeps, for each pruned linear by name. */
    private SequencedMap<String, Double> prune(
            List<PatternLayer> layers, BertClassifier dense, BertClassifier student, TaskData data, List<String> vocabulary,
            Checkpoints checkpoints) throws InterruptedException, IOException {
        SequencedMap<String, Double> keptEnergies = new LinkedHashMap<>();
        if (layers.isEmpty()) {
            return keptEnergies;
        }
        PruningRun run = new PruningRun(settings, dense, student, layers, data, teacher(dense, data), replacement(dense, data, vocabulary),
                curves, PhaseCheckpoint.OFF);
        Track track = checkpoints.track("pruned");
        PrunedState state = new PrunedState(student, layers);
        for (MethodStep step : settings.method().steps()) {
            phase(track, step.word(), state, checkpoint -> PruningMethod.of(step).apply(run.keeping(checkpoint)));
        }
        layers.forEach(PatternLayer::settle);
        for (PatternLayer layer : layers) {
            keptEnergies.put(layer.linear().name(), layer.mask().keptEnergy(dense.parameter(layer.weight().name()).weights()));
        }
        return keptEnergies;
    }

    /**
     * Outputs of the dense model are kept where every text is seen more than once and memory allows it. A GPU computes them sooner than
     * they are copied to it.
     */
    private Teacher teacher(BertClassifier dense, TaskData data) throws IOException, InterruptedException {
        if (settings.method().trainingSteps() == 0 || dense.engine().device().isGpu()) {
            return Teacher.of(dense);
        }
        long tokens = data.train().stream().mapToLong(EncodedExample::length).sum();
        long bytes = tokens * dense.shape().hidden() * (dense.shape().layers() + 1) * Short.BYTES;
        boolean again = settings.schedule().pruneEpochs() > 1 && settings.schedule().options().augment() == 0;
        return again && bytes <= CACHED_TEACHER_BYTES
                ? timed("ask teacher", () -> CachedTeacher.of(dense, data.train(), EVALUATION_BATCH))
                : Teacher.of(dense);
    }

    private Optional<WordReplacement> replacement(BertClassifier dense, TaskData data, List<String> vocabulary) {
        double share = settings.schedule().options().augment();
        return share == 0 || settings.method().trainingSteps() == 0
                ? Optional.empty()
                : Optional.of(WordReplacement.of(dense, vocabulary, data.train(), share));
    }

    /** An hour of training should not end with a file that cannot be written. */
    private static void requireWritable(Path target) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        boolean taken = Files.exists(target) && !Files.isRegularFile(target);
        try {
            if (!taken) {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw new IOException(target + " cannot be written: " + folder + " is not a folder and cannot be made one.", e);
        }
        if (taken || !Files.isWritable(folder)) {
            throw new IOException(target + " cannot be written: check that it names a file in a folder you may write to.");
        }
    }

    /** What a model answers to the examples of each evaluation file. */
    private List<float[]> answers(Track track, String phase, BertClassifier model, TaskData data) throws IOException, InterruptedException {
        KeptAnswers answers = new KeptAnswers(data);
        phase(track, phase, answers, _ -> {
            List<float[]> predictions = new ArrayList<>();
            for (TaskData.DevFile file : data.dev()) {
                predictions.add(Scoring.predictions(data.task(), model.evaluate(file.encoded(), EVALUATION_BATCH)));
            }
            answers.set(predictions);
        });
        return answers.get();
    }

    private void phase(Track track, String phase, Checkpointed outcome, Track.Work work) throws IOException, InterruptedException {
        track.phase(phase, curves.beside(outcome), checkpoint -> work.run(curves.beside(checkpoint)));
        seconds.put(phase, track.nanoseconds().get(phase) / 1e9);
    }

    private interface Work<T> {
        T run() throws IOException, InterruptedException;
    }

    private <T> T timed(String phase, Work<T> work) throws IOException, InterruptedException {
        long start = System.nanoTime();
        T result = work.run();
        seconds.merge(phase, (System.nanoTime() - start) / 1e9, Double::sum);
        return result;
    }
}
