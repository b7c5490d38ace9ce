package dev.filigree.pruner.report;

import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Task;
import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.data.ExampleFile;
import dev.filigree.pruner.data.Metrics;
import dev.filigree.pruner.pipeline.Predictions;
import dev.filigree.pruner.pipeline.PruneOutcome;
import dev.filigree.pruner.pipeline.PruneSettings;
import dev.filigree.pruner.train.LinearRole;
import dev.filigree.runtime.TextInput;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/** Puts together what there is to tell of a finished run. */
public final class ReportBuilder {
    private ReportBuilder() {}

    /**
     * Reads the packed file and the data once more, and takes a few seconds for intervals and latency.
     *
     * @param settings of the run
     * @param outcome what it came to
     * @param versions of what computed it
     * @param clock dates the report
     * @throws IOException when file or data cannot be read
     */
    public static RunReport build(PruneSettings settings, PruneOutcome outcome, SequencedMap<String, String> versions, Clock clock)
            throws IOException {
        List<RunReport.DataFile> data = new ArrayList<>();
        List<TextInput> texts = new ArrayList<>();
        List<ExampleFile> files = new ArrayList<>(List.of(settings.data().train()));
        settings.data().dev().forEach(source -> files.add(source.file()));
        for (ExampleFile file : files) {
            data.add(new RunReport.DataFile(file.name(), file.examples().size(), file.published(), file.isPart(), file.sha256()));
        }
        files.get(1).examples().stream().map(ReportBuilder::input).forEach(texts::add);
        try (ModelFile opened = ModelFile.open(outcome.file())) {
            Model packed = opened.model();
            SequencedMap<String, Long> parts = new LinkedHashMap<>(FileReport.of(opened, Optional.empty()).groups());
            return new RunReport(
                    outcome.file().getFileName().toString(),
                    packed.provenance().baseModel(),
                    settings.task().name(),
                    outcome.plan().toString(),
                    packed.provenance().method(),
                    settings.seed(),
                    settings(settings, outcome),
                    data,
                    Bootstrap.metrics(outcome.predictions()),
                    agreement(settings.task(), outcome.predictions()),
                    outcome.logitDifference(),
                    outcome.keptEnergy(),
                    linears(packed, outcome.keptEnergies()),
                    outcome.curves(),
                    new RunReport.Sizes(outcome.denseBytes(), outcome.packedBytes(), parts),
                    LatencyProbe.measure(packed, texts),
                    outcome.seconds(),
                    settings.threads(),
                    versions,
                    Versions.machine(),
                    Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString());
        }
    }

    /** As they were given, but with the plan that was made for a budget. */
    private static SequencedMap<String, String> settings(PruneSettings settings, PruneOutcome outcome) {
        SequencedMap<String, String> text = settings.asText();
        text.put("sparsity", outcome.plan().toString());
        return text;
    }

    private static TextInput input(Example example) {
        return new TextInput(example.first(), example.second());
    }

    private static double agreement(Task task, List<Predictions> files) {
        float[] dense = joined(files.stream().map(Predictions::dense).toList());
        float[] packed = joined(files.stream().map(Predictions::packed).toList());
        return task.regression()
                ? Metrics.pearson(packed, dense)
                : IntStream.range(0, dense.length).filter(i -> dense[i] == packed[i]).count() / (double) dense.length;
    }

    private static float[] joined(List<float[]> arrays) {
        float[] all = new float[arrays.stream().mapToInt(array -> array.length).sum()];
        int at = 0;
        for (float[] array : arrays) {
            System.arraycopy(array, 0, all, at, array.length);
            at += array.length;
        }
        return all;
    }

    private static List<RunReport.PrunedLinear> linears(Model model, SequencedMap<String, Double> keptEnergies) {
        List<RunReport.PrunedLinear> linears = new ArrayList<>();
        for (int layer = 0; layer < model.layers().size(); layer++) {
            List<Linear> six = model.layers().get(layer).linears();
            for (LinearRole role : LinearRole.values()) {
                int place = role.ordinal();
                double kept = keptEnergies.getOrDefault(role.name(layer), 1.0);
                linears.add(linear(layer, FileReport.ROLES.get(place), six.get(place), kept));
            }
        }
        return linears;
    }

    private static RunReport.PrunedLinear linear(int layer, String role, Linear linear, double kept) {
        List<PatternUse> patterns = linear.weight() instanceof SparseMatrix sparse ? PatternUse.of(sparse) : List.of();
        long used = linear.weight() instanceof SparseMatrix sparse ? PatternUse.distinct(sparse) : 0;
        return new RunReport.PrunedLinear(layer, role, linear.weight().rows(), linear.weight().columns(),
                linear.weight().sparsity().toString(), kept, 1 - kept, linear.weight().storedBytes(), patterns, used);
    }
}
