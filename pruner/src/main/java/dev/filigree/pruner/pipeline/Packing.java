package dev.filigree.pruner.pipeline;

import dev.filigree.format.GoldenExample;
import dev.filigree.format.Model;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Provenance;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.data.TaskScore;
import dev.filigree.pruner.export.HuggingFaceExport;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Projection;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.EncodedExample;
import dev.filigree.pruner.train.Parameter;
import dev.filigree.pruner.train.PrunableLinear;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.GoldenCheck;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a run: packs the weights, loads them into the trainer and into the runtime, and writes the file only when both give the same
 * logits.
 *
 * @param settings of the run
 * @param start what it started from
 * @param data what it is evaluated on
 */
record Packing(PruneSettings settings, StartingModel start, TaskData data) {
    private static final Logger LOG = LoggerFactory.getLogger(Packing.class);
    private static final int COMPARED_TEXTS = 64;
    private static final int GOLDEN_EXAMPLES = 8;

    /**
     * What the runtime showed with the packed weights.
     *
     * @param answers of the runtime to the examples of each evaluation file
     * @param score of those
     * @param logitDifference between runtime and trainer, both with the packed weights: the {@link GoldenCheck#gap(Model, float[],
     *     float[])} of a text's logits, and of the texts what {@link GoldenCheck#judged} says
     * @param denseBytes bytes of the weights in fp32, unpruned
     */
    record Proof(List<float[]> answers, TaskScore score, double logitDifference, long denseBytes) {}

    /** Packs the dense model in fp32 and writes it. */
    void writeDense(BertClassifier dense, TaskScore score, Path target) throws IOException, InterruptedException {
        Map<String, Double> metrics = new LinkedHashMap<>();
        put(metrics, "dense", score);
        ModelWriter.write(pack(new Packer(SparsityPlan.DENSE, StoredTypes.FP32), dense.export(), "dense", metrics, golden(dense)), target);
    }

    /**
     * Packs, proves and writes the pruned model.
     *
     * @param layers the student's linears that have a pattern
     * @throws IllegalStateException when the runtime's logits are not the trainer's; nothing is written then
     * @throws InterruptedException when the thread was interrupted; nothing is written then
     */
    Proof write(BertClassifier student, List<PatternLayer> layers, TaskScore dense, TaskScore pruned, Map<String, Double> keptEnergies)
            throws IOException, InterruptedException {
        Map<String, int[]> rowOrders = PatternLayer.rowOrders(layers);
        Packer packer = new Packer(settings.sparsity(), settings.types(), rowOrders);
        String method = settings.sparsity().isDense() ? "dense" : settings.method().toString();
        Model bare = pack(packer, student.export(), method, Map.of(), List.of());
        Proof proof;
        List<GoldenExample> golden;
        try (BertClassifier packed =
                new BertClassifier(student.engine(), start.shape(), student.head(), HuggingFaceExport.weights(bare), 0)) {
            golden = golden(packed);
            proof = prove(bare, packed, Providers.CPU);
        }
        Map<String, Double> metrics = metrics(dense, pruned, proof.score(), PruneOutcome.mean(keptEnergies));
        ModelWriter.write(
                new Model(bare.shape(), bare.tokenizer(), bare.embeddings(), bare.layers(), bare.head(), bare.task(),
                        provenance(method, metrics), golden),
                settings.out());
        return proof;
    }

    /** Has the runtime answer as it will where the file is served, or more exactly where that is too far from the trainer. */
    private Proof prove(Model bare, BertClassifier packed, String provider) throws InterruptedException {
        Optional<String> exact;
        try (Classifier runtime = Classifier.builder().provider(provider).threads(settings.threads()).open(bare)) {
            double difference = difference(packed, runtime, data.dev().getFirst());
            if (difference <= runtime.tolerance()) {
                List<float[]> answers = new ArrayList<>();
                for (TaskData.DevFile file : data.dev()) {
                    answers.add(Scoring.predictions(data.task(), Scoring.logits(runtime, file.texts())));
                }
                long denseBytes = Float.BYTES * packed.parameters().stream().mapToLong(Parameter::size).sum();
                return new Proof(answers, data.score(answers), difference, denseBytes);
            }
            exact = Providers.moreExact(runtime.provider());
            if (exact.isEmpty()) {
                throw new IllegalStateException("The runtime's logits differ from the trainer's by " + difference + ", more than "
                        + runtime.tolerance() + ": the file is not written.");
            }
            LOG.info("Provider {} is off by {} where {} is allowed: the file is proved with {}.", runtime.provider(), (float) difference,
                    runtime.tolerance(), exact.get());
        }
        return prove(bare, packed, exact.get());
    }

    /** Packs the dense model's weights pruned by magnitude: of the size and speed that the pruned model will have under a plan. */
    Function<SparsityPlan, Model> drafts(BertClassifier dense, TaskScore score) throws IOException, InterruptedException {
        List<GoldenExample> golden = golden(dense);
        Map<String, Double> metrics = metrics(score, score, score, 1);
        return plan -> {
            Map<String, float[]> weights = dense.export();
            Map<String, int[]> rowOrders = new HashMap<>();
            for (PrunableLinear linear : dense.linears()) {
                Sparsity sparsity = plan.of(linear.layer(), linear.role());
                float[] values = weights.get(linear.weight().name());
                int rows = linear.weight().rows();
                // Any order but the identity takes the bytes and the time of the one that the method will choose.
                boolean grouped = sparsity.v() > 1 && settings.method().steps().getFirst().groupsRows();
                int[] order = IntStream.range(0, grouped ? rows : 0).map(row -> rows - 1 - row).toArray();
                Projection.euclidean(new BlockGrid(rows, linear.weight().columns(), sparsity, order)).select(values).apply(values);
                rowOrders.put(linear.name(), order);
            }
            return pack(new Packer(plan, settings.types(), rowOrders), weights, settings.method().toString(), metrics, golden);
        };
    }

    private static Map<String, Double> metrics(TaskScore dense, TaskScore pruned, TaskScore packed, double keptEnergy) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        put(metrics, "dense", dense);
        put(metrics, "pruned", pruned);
        put(metrics, "packed", packed);
        metrics.put("kept-energy", keptEnergy);
        return metrics;
    }

    private Model pack(
            Packer packer, Map<String, float[]> weights, String method, Map<String, Double> metrics, List<GoldenExample> golden) {
        return packer.pack(start.shape(), start.tokenizer(), start.pooling(), data.task(), weights, provenance(method, metrics),
                golden);
    }

    private Provenance provenance(String method, Map<String, Double> metrics) {
        return new Provenance(PrunePipeline.TOOL, start.name(), method, settings.asText(), data.digests(), metrics);
    }

    /** Texts of the bundled sample, whatever the task: a file can carry them anywhere. */
    private List<GoldenExample> golden(BertClassifier model) throws IOException, InterruptedException {
        List<Example> texts = GlueData.sample().read(data.task().pairs() ? GlueTask.RTE : GlueTask.SST2, GlueSplit.DEV).examples()
                .subList(0, GOLDEN_EXAMPLES);
        List<EncodedExample> encoded = TaskData.encode(texts, new WordPieceTokenizer(start.tokenizer()));
        float[][] logits = model.evaluate(encoded, GOLDEN_EXAMPLES);
        List<GoldenExample> golden = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            golden.add(new GoldenExample(texts.get(i).first(), texts.get(i).second(), logits[i]));
        }
        return golden;
    }

    private static double difference(BertClassifier trainer, Classifier runtime, TaskData.DevFile file)
            throws InterruptedException {
        int count = Math.min(COMPARED_TEXTS, file.texts().size());
        float[][] expected = trainer.evaluate(file.encoded().subList(0, count), PrunePipeline.EVALUATION_BATCH);
        float[][] actual = Scoring.logits(runtime, file.texts().subList(0, count));
        return GoldenCheck.judged(runtime,
                IntStream.range(0, count).mapToDouble(i -> GoldenCheck.gap(runtime.model(), expected[i], actual[i])).toArray());
    }

    private static void put(Map<String, Double> metrics, String prefix, TaskScore score) {
        score.values().forEach((name, value) -> metrics.put(prefix + "." + name, value));
    }
}
