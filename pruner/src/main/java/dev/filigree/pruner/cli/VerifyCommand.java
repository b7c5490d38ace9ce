package dev.filigree.pruner.cli;

import dev.filigree.format.ModelFile;
import dev.filigree.runtime.Classifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree verify}: whether a packed file is whole and this machine answers with it as it should. */
@Command(
        name = "verify",
        description = "Checks a packed file: structure, checksums of all payloads, and its golden examples on this machine.",
        mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "a packed .filigree file")
    private Path file;

    @Option(names = "--provider", defaultValue = "auto", description = "auto, cuda, vector or reference (default: auto)")
    private String provider;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (ModelFile opened = ModelFile.open(file, ModelFile.Checks.CHECKSUMS)) {
            out.println("structure and checksums: good, " + opened.sizeBytes() + " bytes");
        }
        try (Classifier classifier = Classifier.builder().provider(provider).open(file)) {
            int examples = classifier.model().goldenExamples().size();
            out.println(examples == 0
                    ? "golden examples: the file carries none"
                    : "golden examples: all " + examples + " answered as recorded, provider " + classifier.provider());
        }
        out.flush();
        return 0;
    }
}
