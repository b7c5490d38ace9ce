package dev.filigree.pruner.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.format.Provenance;
import dev.filigree.format.TensorSummary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree inspect}: what is in a packed file, and where its bytes go. */
@Command(
        name = "inspect",
        description = "Shows what is in a packed file: shape, task, tensors with their sparsity and bytes, and where it came from.",
        mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "a packed .filigree file")
    private Path file;

    @Option(names = "--json", description = "print one JSON object")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        try (ModelFile opened = ModelFile.open(file, ModelFile.Checks.STRUCTURE)) {
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(document(opened)));
            } else {
                print(opened, out);
            }
            out.flush();
        }
        return 0;
    }

    private static long fp32Bytes(Model model) {
        return Float.BYTES * model.tensors().stream().mapToLong(TensorSummary::weights).sum();
    }

    private static Map<String, Object> document(ModelFile opened) {
        Model model = opened.model();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("file", opened.path().toString());
        document.put("bytes", opened.sizeBytes());
        document.put("fp32Bytes", fp32Bytes(model));
        document.put("shape", model.shape());
        document.put("task", model.task());
        document.put("pooling", model.head().pooling());
        document.put("vocabulary", model.tokenizer().vocabulary().size());
        document.put("maxTokens", model.tokenizer().maxTokens());
        document.put("goldenExamples", model.goldenExamples().size());
        document.put("tensors", model.tensors().stream().map(InspectCommand::row).toList());
        document.put("provenance", model.provenance());
        return document;
    }

    private static Map<String, Object> row(TensorSummary tensor) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", tensor.name());
        row.put("rows", tensor.rows());
        row.put("columns", tensor.columns());
        row.put("dtype", tensor.dtype());
        row.put("sparsity", tensor.sparsity().toString());
        row.put("bytes", tensor.bytes());
        return row;
    }

    private static void print(ModelFile opened, PrintWriter out) {
        Model model = opened.model();
        EncoderShape shape = model.shape();
        long fp32 = fp32Bytes(model);
        out.printf(Locale.ROOT, "%s: %,d bytes, %.1f %% of the %,d of its weights in fp32%n",
                opened.path(), opened.sizeBytes(), 100.0 * opened.sizeBytes() / fp32, fp32);
        out.printf("encoder    %d layers, hidden %d, %d heads, intermediate %d, vocabulary %d%n",
                shape.layers(), shape.hidden(), shape.heads(), shape.intermediate(), shape.vocabulary());
        out.printf("pooling    %s%n", model.head().pooling().name().toLowerCase(Locale.ROOT));
        out.printf("task       %s %s, texts %s, at most %d tokens%n", model.task().name(), model.task().labels(),
                model.task().pairs() ? "in pairs" : "single", model.tokenizer().maxTokens());
        Provenance provenance = model.provenance();
        out.printf("made by    %s from %s, method %s%n", provenance.tool(), provenance.baseModel(), provenance.method());
        new TreeMap<>(provenance.metrics()).forEach((name, value) -> out.printf(Locale.ROOT, "measured   %-28s %.4f%n", name, value));
        new TreeMap<>(provenance.settings()).forEach((name, value) -> out.printf("setting    %-28s %s%n", name, value));
        out.printf("golden     %d examples%n%n", model.goldenExamples().size());
        List<TensorSummary> matrices = model.tensors().stream().filter(tensor -> tensor.columns() > 1).toList();
        out.printf("%-34s %13s  %-5s %-8s %12s%n", "matrix", "shape", "dtype", "sparsity", "bytes");
        for (TensorSummary tensor : matrices) {
            out.printf(Locale.ROOT, "%-34s %13s  %-5s %-8s %,12d%n", tensor.name(), tensor.rows() + "x" + tensor.columns(),
                    tensor.dtype().name().toLowerCase(Locale.ROOT), tensor.sparsity(), tensor.bytes());
        }
        long inMatrices = matrices.stream().mapToLong(TensorSummary::bytes).sum();
        long inVectors = model.tensors().stream().mapToLong(TensorSummary::bytes).sum() - inMatrices;
        out.printf(Locale.ROOT, "%-62s %,12d%n", "biases and norms", inVectors);
        out.printf(Locale.ROOT, "%-62s %,12d%n", "vocabulary, manifest and padding", opened.sizeBytes() - inMatrices - inVectors);
    }
}
