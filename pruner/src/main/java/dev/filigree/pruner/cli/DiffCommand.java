package dev.filigree.pruner.cli;

import dev.filigree.format.ModelFile;
import dev.filigree.pruner.files.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree diff}: what differs between two packed files. */
@Command(
        name = "diff",
        description = "Compares two packed files: shape, tokenizer, task, provenance, every tensor and the golden examples.",
        mixinStandardHelpOptions = true,
        exitCodeOnExecutionException = ExitCode.USAGE,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:the files hold the same", "1:they differ", "2:a file cannot be read, or wrong usage"})
final class DiffCommand implements Callable<Integer> {
    private static final int SAME = 0;
    private static final int DIFFERENT = 1;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "A", description = "a packed .filigree file")
    private Path first;

    @Parameters(index = "1", paramLabel = "B", description = "another")
    private Path second;

    @Option(names = "--json", description = "print one JSON object")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (ModelFile a = ModelFile.open(first); ModelFile b = ModelFile.open(second)) {
            ModelDiff diff = ModelDiff.of(a.model(), b.model());
            if (json) {
                out.println(Json.of(diff));
            } else {
                print(diff, out);
            }
            out.flush();
            return diff.same() ? SAME : DIFFERENT;
        }
    }

    private static void print(ModelDiff diff, PrintWriter out) {
        for (ModelDiff.Change change : diff.changes()) {
            out.printf("%-32s %s | %s%n", change.what(), orNone(change.a()), orNone(change.b()));
        }
        if (!diff.tensors().isEmpty()) {
            out.printf("%s%-32s %10s %9s %9s %8s%n", diff.changes().isEmpty() ? "" : System.lineSeparator(),
                    "tensor", "max abs", "relative", "patterns", "overlap");
            diff.tensors().forEach(tensor -> print(tensor, out));
        }
        diff.goldenGap().filter(gap -> gap > 0).ifPresent(gap ->
                out.printf(Locale.ROOT, "%nrecorded logits of the golden examples differ by up to %.4g%n", gap));
        out.printf("%s%d of %d tensors differ%s%n",
                diff.same() ? "" : System.lineSeparator(), diff.tensors().size(), diff.tensorsCompared(),
                diff.same() ? "; the files hold the same" : "");
    }

    private static void print(TensorChange tensor, PrintWriter out) {
        Optional<TensorChange.Values> values = tensor.values();
        if (values.isPresent()) {
            out.printf(Locale.ROOT, "%-32s %10.3e %9.4f %9s %8s%n", tensor.name(), values.get().maxAbs(), values.get().relative(),
                    share(values.get().patternsDiffering()), share(values.get().keptOverlap()));
        } else {
            out.println(tensor.name());
        }
        if (!tensor.a().equals(tensor.b())) {
            out.printf("  %s | %s%n", tensor.a(), tensor.b());
        }
    }

    private static String share(Optional<Double> share) {
        return share.map(value -> String.format(Locale.ROOT, "%.4f", value)).orElse("");
    }

    private static String orNone(String value) {
        return value.isEmpty() ? "(none)" : value;
    }
}
