package dev.filigree.tests.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.DType;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.files.WholeFiles;
import dev.filigree.runtime.Classifier;
import dev.filigree.tests.bench.MachineFacts;
import dev.filigree.tests.bench.RandomModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code filigree gpu}: whole models on a GPU beside the reference, then their latency. What {@code gpu-check} runs in Java. */
@Command(
        name = "gpu",
        description = "Checks whole models with random weights on a GPU against plain Java, and measures them from text to labels.",
        mixinStandardHelpOptions = true)
public final class GpuCommand implements Callable<Integer> {
    private static final long SEED = 23;
    private static final List<Sparsity> MEASURED = List.of(Sparsity.DENSE, Sparsity.parse("2:4@16"));
    private static final List<Latency.Load> LOADS = List.of(
            new Latency.Load(1, 16), new Latency.Load(1, 32), new Latency.Load(1, 128),
            new Latency.Load(8, 16), new Latency.Load(8, 32), new Latency.Load(8, 128),
            new Latency.Load(32, 16), new Latency.Load(32, 32), new Latency.Load(32, 128), new Latency.Load(128, 128));

    @Spec
    private CommandSpec spec;

    @Option(names = "--provider", defaultValue = "cuda", description = "what is checked and measured (default: ${DEFAULT-VALUE})")
    private String provider;

    @Option(
            names = "--model",
            split = ",",
            defaultValue = "minilm_l6,bert_base",
            description = "sizes: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private List<ModelSize> sizes;

    @Option(
            names = "--values",
            description = "type of the weights: ${COMPLETION-CANDIDATES} (default: each in turn for checks, FP16 for times)")
    private DType values;

    @Option(
            names = "--millis",
            defaultValue = "400",
            description = "for each measurement, after as long a warm-up; 0: none (default: ${DEFAULT-VALUE})")
    private long millis;

    @Option(names = "--json", paramLabel = "FILE", description = "also write what was found as JSON")
    private Path json;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        List<Correctness.Finding> findings = new ArrayList<>();
        List<Latency.Figures> figures = new ArrayList<>();
        for (ModelSize size : sizes) {
            for (Correctness.Finding finding : Correctness.check(size, Optional.ofNullable(values), provider, SEED)) {
                out.printf(
                        Locale.ROOT, "%-9s %-7s %-5s %3d tokens: worst difference %.2g of %.2g allowed%s%n",
                        finding.model(), finding.sparsity(), finding.values(), finding.tokens(), finding.worst(), finding.allowed(),
                        finding.good() ? "" : "  FAILED");
                findings.add(finding);
            }
        }
        if (millis > 0) {
            out.printf(
                    "%-9s %-7s %5s x %-6s %14s %9s %14s %9s%n",
                    "model", "", "batch", "tokens", "text to labels", "p99", "ids to logits", "p99, us");
            for (ModelSize size : sizes) {
                for (Sparsity sparsity : MEASURED) {
                    figures.addAll(measure(size, sparsity, out));
                }
            }
        }
        if (json != null) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("provider", provider);
            document.put("machine", MachineFacts.withoutPeers());
            document.put("checks", findings);
            document.put("microseconds", figures);
            WholeFiles.write(json, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(document));
        }
        long wrong = findings.stream().filter(finding -> !finding.good()).count();
        if (wrong > 0) {
            throw new IllegalStateException(wrong + " of " + findings.size() + " models give other logits than plain Java: do not use this"
                    + " provider on this machine.");
        }
        return 0;
    }

    /** By way of a file, as a user would. */
    private List<Latency.Figures> measure(ModelSize size, Sparsity sparsity, PrintWriter out) throws IOException {
        Path file = Files.createTempFile("filigree-gpu", ".filigree");
        List<Latency.Figures> figures = new ArrayList<>();
        try {
            DType type = Optional.ofNullable(values).orElse(DType.FP16);
            ModelWriter.write(RandomModel.make(size.shape(), size.pooling(), sparsity, type, SEED), file);
            try (Classifier classifier = Classifier.builder().provider(provider).open(file)) {
                for (Latency.Load load : LOADS) {
                    if (load.tokens() > size.shape().maxPositions()) {
                        continue;
                    }
                    Latency.Figures f =
                            Latency.time(size.toString(), sparsity.toString(), classifier, load, millis * 1_000_000, SEED);
                    out.printf(
                            Locale.ROOT, "%-9s %-7s %5d x %-6d %14.1f %9.1f %14.1f %9.1f%n",
                            f.model(), f.sparsity(), f.batch(), f.tokens(),
                            f.textToLabels().median(), f.textToLabels().p99(), f.idsToLogits().median(), f.idsToLogits().p99());
                    out.flush();
                    figures.add(f);
                }
            }
        } finally {
            Files.deleteIfExists(file);
        }
        return figures;
    }
}
