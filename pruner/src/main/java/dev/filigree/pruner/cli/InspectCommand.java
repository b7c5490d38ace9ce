package dev.filigree.pruner.cli;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.format.Provenance;
import dev.filigree.pruner.files.Json;
import dev.filigree.pruner.report.FileReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
        description = "Shows what is in a packed file: shape, task, tensors with their sparsity and bytes, where its bytes go, where it"
                + " came from, and how the magnitude of each layer is spread over its inputs.",
        mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
    private static final int NAME = 16;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "a packed .filigree file")
    private Path file;

    @Option(names = "--dense", paramLabel = "FILE", description = "the dense file it was pruned from, to say what energy each layer keeps")
    private Optional<Path> dense;

    @Option(names = "--json", description = "print one JSON object, without the heat strips")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        try (ModelFile opened = ModelFile.open(file, ModelFile.Checks.STRUCTURE)) {
            FileReport report = report(opened);
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(Json.of(report));
            } else {
                print(report, out);
                heat(opened.model(), HeatStrip.in(System.out.charset()), out);
            }
            out.flush();
        }
        return 0;
    }

    private FileReport report(ModelFile opened) throws IOException {
        if (dense.isEmpty()) {
            return FileReport.of(opened, Optional.empty());
        }
        try (ModelFile unpruned = ModelFile.open(dense.get(), ModelFile.Checks.STRUCTURE)) {
            return FileReport.of(opened, Optional.of(unpruned.model()));
        }
    }

    private static void print(FileReport report, PrintWriter out) {
        EncoderShape shape = report.shape();
        out.printf(Locale.ROOT, "%s: %,d bytes, %.1f %% of its weights in fp32%n",
                report.file(), report.bytes(), 100.0 * report.bytes() / report.fp32Bytes());
        out.printf("encoder    %d layers, hidden %d, %d heads, intermediate %d, vocabulary %d%n",
                shape.layers(), shape.hidden(), shape.heads(), shape.intermediate(), shape.vocabulary());
        out.printf("task       %s %s%n", report.task().name(), report.task().labels());
        out.printf("input      %s of at most %d tokens, pooling %s%n", report.task().pairs() ? "pairs of texts" : "single texts",
                report.maxTokens(), report.pooling().name().toLowerCase(Locale.ROOT));
        Provenance provenance = report.provenance();
        out.printf("made by    %s from %s, method %s%n", provenance.tool(), provenance.baseModel(), provenance.method());
        new TreeMap<>(provenance.metrics()).forEach((name, value) -> out.printf(Locale.ROOT, "measured   %-24s %.4f%n", name, value));
        new TreeMap<>(provenance.settings()).forEach((name, value) -> out.printf("setting    %-24s %s%n", name, value));
        new TreeMap<>(provenance.dataDigests()).forEach((name, digest) -> out.printf("data       %-24s sha256 %.16s%n", name, digest));
        out.printf("golden     %d examples%n%n", report.goldenExamples());
        out.printf("%-" + NAME + "s %11s  %-5s %-8s %6s %12s %6s%n", "tensor", "shape", "dtype", "sparsity", "bits", "bytes", "energy");
        for (FileReport.Tensor tensor : report.tensors()) {
            if (tensor.columns() > 1) {
                print(tensor, report.layers(), out);
            }
        }
        FileReport.Linears all = report.linears();
        total("all layers", all, out);
        out.printf("%n%-38s %18s %6s%n", "where the bytes go", "bytes", "share");
        for (Map.Entry<String, Long> group : report.groups().entrySet()) {
            out.printf(Locale.ROOT, "  %-36s %,18d %5.1f%%%n", group.getKey(), group.getValue(), 100.0 * group.getValue() / report.bytes());
        }
        out.printf(Locale.ROOT, "  %-36s %,18d %5.1f%%%n%n", "the file", report.bytes(), 100.0);
    }

    /** A line for a matrix, after one for its layer where it is the layer's first. */
    private static void print(FileReport.Tensor tensor, List<FileReport.Linears> layers, PrintWriter out) {
        String[] parts = tensor.name().split("\\.");
        boolean ofLayer = parts[0].equals("layers");
        if (ofLayer && parts[2].equals(FileReport.ROLES.getFirst())) {
            total("layer " + parts[1], layers.get(Integer.parseInt(parts[1])), out);
        }
        String name = ofLayer ? "  " + parts[2] : parts[1];
        out.printf(Locale.ROOT, "%-" + NAME + "s %11s  %-5s %-8s %6.2f %,12d %6s%n", name, tensor.rows() + "x" + tensor.columns(),
                tensor.dtype().name().toLowerCase(Locale.ROOT), tensor.sparsity(), tensor.bitsPerWeight(), tensor.bytes(),
                energy(tensor.keptEnergy()));
    }

    private static void total(String name, FileReport.Linears linears, PrintWriter out) {
        out.printf(Locale.ROOT, "%-" + NAME + "s %26.1f%% kept %6.2f %,12d %6s%n",
                name, 100 * linears.kept(), linears.bitsPerWeight(), linears.bytes(), energy(linears.keptEnergy()));
    }

    private static String energy(Optional<Double> share) {
        return share.map(value -> String.format(Locale.ROOT, "%.3f", value)).orElse("");
    }

    private static void heat(Model model, HeatStrip strip, PrintWriter out) {
        out.printf("magnitude over the inputs, from least to most of each row: %s%s%n", strip.shades().substring(1),
                strip.plain() ? "   (finer where LANG names a UTF-8 locale)" : "");
        for (int i = 0; i < model.layers().size(); i++) {
            List<Linear> linears = model.layers().get(i).linears();
            out.printf("%-" + NAME + "s %-" + HeatStrip.CELLS + "s %5s%n", "layer " + i, "input 0 ...", "ratio");
            for (int role = 0; role < linears.size(); role++) {
                float[] weights = linears.get(role).weight().toFloats();
                String cells = strip.of(weights, linears.get(role).weight().columns());
                out.printf("%-" + NAME + "s %s%n", "  " + FileReport.ROLES.get(role), cells);
            }
        }
    }
}
