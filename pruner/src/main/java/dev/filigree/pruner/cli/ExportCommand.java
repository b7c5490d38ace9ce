package dev.filigree.pruner.cli;

import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.format.Pooling;
import dev.filigree.pruner.export.HuggingFaceExport;
import dev.filigree.pruner.export.OnnxExport;
import dev.filigree.pruner.files.WholeFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree export}: a packed file in other formats, pruned weights as zeros. */
@Command(
        name = "export",
        description = "Writes a packed file in another format, as a dense model whose pruned weights are zeros.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ExportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "a packed .filigree file")
    private Path file;

    @Option(names = "--onnx", paramLabel = "OUT", description = "write an ONNX graph; a file of that name is replaced")
    private Optional<Path> onnx;

    @Option(names = "--int8", description = "with --onnx: int8 weights and dynamically quantised activations, for ONNX Runtime alone")
    private boolean int8;

    @Option(names = "--safetensors", paramLabel = "DIR", description = "write a Hugging Face folder, new or empty")
    private Optional<Path> safetensors;

    @Option(names = "--dtype", description = "with --safetensors: ${COMPLETION-CANDIDATES} (default: FP32)")
    private Optional<HuggingFaceExport.Values> dtype;

    @Override
    public Integer call() throws IOException {
        require(onnx.isPresent() != safetensors.isPresent(), "Give one of --onnx OUT and --safetensors DIR.");
        require(!int8 || onnx.isPresent(), "--int8 belongs to --onnx; a Hugging Face folder takes --dtype fp32 or fp16.");
        require(dtype.isEmpty() || safetensors.isPresent(),
                "--dtype belongs to --safetensors; an ONNX graph is fp32, or int8 with --int8.");
        require(onnx.isEmpty() || !Files.exists(onnx.get()) || !Files.isSameFile(file, onnx.get()),
                "The graph would take the place of " + file + " itself: name another file.");
        PrintWriter out = spec.commandLine().getOut();
        try (StopSignal _ = new StopSignal(); ModelFile opened = ModelFile.open(file)) {
            Model model = opened.model();
            if (onnx.isPresent()) {
                OnnxExport.Values values = int8 ? OnnxExport.Values.INT8 : OnnxExport.Values.FP32;
                WholeFiles.write(onnx.get(), stream -> OnnxExport.write(model, values, stream));
                out.printf(Locale.ROOT, "Wrote %s: %,d bytes, an ONNX graph in %s%n", onnx.get(), Files.size(onnx.get()),
                        values.name().toLowerCase(Locale.ROOT));
            } else {
                Path folder = safetensors.orElseThrow();
                WholeFiles.writeFolder(folder, part -> HuggingFaceExport.write(model, dtype.orElse(HuggingFaceExport.Values.FP32), part));
                out.printf("Wrote %s: a Hugging Face folder, %s%n", folder, model.head().pooling() == Pooling.POOLER
                        ? "BertForSequenceClassification"
                        : "BertModel with classifier.weight and classifier.bias for its pooled vector, which no class of theirs has");
            }
            out.flush();
        }
        return 0;
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }
}
