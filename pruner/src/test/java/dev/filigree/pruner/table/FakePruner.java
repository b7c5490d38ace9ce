package dev.filigree.pruner.table;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.format.Provenance;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.data.ExampleFile;
import dev.filigree.pruner.data.TaskScore;
import dev.filigree.pruner.export.TinyModels;
import dev.filigree.pruner.pipeline.PruneOutcome;
import dev.filigree.pruner.pipeline.PruneSettings;
import dev.filigree.pruner.pipeline.SparsityPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Predicate;

/** Answers at once with scores that tell runs apart, and leaves the dense file that a real run would. */
final class FakePruner implements GlueTable.Pruner {
    private static final EncoderShape SHAPE = new EncoderShape(16, 2, 1, 16, 40, 16, 2, 1e-12f);

    private final List<String> calls = new ArrayList<>();
    private Predicate<String> broken = call -> false;

    /** What it was asked for, such as {@code rte 2:4@16 seed 1}. */
    List<String> calls() {
        return calls;
    }

    /** From now on these calls fail. */
    void breakAt(Predicate<String> calls) {
        broken = calls;
    }

    @Override
    public PruneOutcome run(PruneSettings settings) throws IOException {
        Map<String, String> text = settings.asText();
        String call = settings.task().name() + " " + text.get("sparsity") + " seed " + settings.seed();
        calls.add(call);
        boolean dense = text.get("sparsity").equals("dense") && settings.budget().isEmpty();
        if (!dense && !Files.exists(Path.of(settings.base()))) {
            throw new IOException(settings.base() + " does not exist.");
        }
        if (broken.test(call)) {
            throw new IllegalStateException("The machine is tired.");
        }
        if (dense) {
            Map<String, String> digests = new LinkedHashMap<>();
            for (ExampleFile file : List.of(settings.data().train(), settings.data().dev().getFirst().file())) {
                digests.put(file.name(), file.sha256());
            }
            Path target = settings.saveDense().orElseThrow();
            Files.createDirectories(target.toAbsolutePath().getParent());
            Model model = TinyModels.model(SHAPE, Sparsity.DENSE, DType.FP32, Pooling.MEAN, 2, 1);
            Provenance provenance = new Provenance("test", settings.base(), "dense", text, digests, Map.of());
            ModelWriter.write(new Model(model.shape(), model.tokenizer(), model.embeddings(), model.layers(), model.head(), model.task(),
                    provenance, model.goldenExamples()), target);
        }
        SequencedMap<String, Double> seconds = new LinkedHashMap<>();
        seconds.put("fine-tune", 61.26);
        double packed = 0.7 + 0.01 * settings.seed() - (dense ? 0 : 0.02);
        SequencedMap<String, Double> kept = new LinkedHashMap<>();
        kept.put("encoder.layer.0.output.dense", 0.6);
        return new PruneOutcome(score(0.7 + 0.01 * settings.seed()), score(packed), score(packed), List.of(), kept, 1e-3, 4000, 1000,
                settings.budget().map(request -> SparsityPlan.all(request.candidates().getFirst())).orElse(settings.sparsity()), List.of(),
                seconds, settings.out());
    }

    private static TaskScore score(double value) {
        SequencedMap<String, Double> values = new LinkedHashMap<>();
        values.put("accuracy", value);
        return new TaskScore(value, values);
    }
}
