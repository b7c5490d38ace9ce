package dev.filigree.pruner.cli;

import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.GoldenCheck;
import dev.filigree.runtime.GoldenExampleException;
import dev.filigree.runtime.kernel.Providers;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree verify}: whether a packed file is whole and this machine answers with it as it should. */
@Command(
        name = "verify",
        description = "Checks a packed file: structure, checksums of all payloads, and its golden examples on this machine.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:every check passed", "1:a check failed, or the file cannot be read", "2:wrong usage"})
final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "a packed .filigree file")
    private Path file;

    @Mixin
    private ProviderOption provider;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (ModelFile opened = ModelFile.open(file, ModelFile.Checks.STRUCTURE)) {
            Model model = opened.model();
            out.printf(Locale.ROOT, "structure   good: %,d bytes, %d tensors, %d tokens, task %s with %d outputs%n", opened.sizeBytes(),
                    model.tensors().size(), model.tokenizer().vocabulary().size(), model.task().name(), model.task().labels().size());
            out.flush();
        }
        try (ModelFile opened = ModelFile.open(file, ModelFile.Checks.CHECKSUMS)) {
            out.println("checksums   good: the CRC32C of every payload; every weight is finite");
            out.flush();
            golden(opened.model(), provider.name(), out);
        }
        return 0;
    }

    /** As opening does it: what computes too roughly gives way to what is more exact. */
    private void golden(Model model, String name, PrintWriter out) {
        Optional<String> exact;
        try (Classifier classifier = Classifier.builder().provider(name).verify(false).open(model)) {
            double[] gaps = GoldenCheck.gaps(classifier);
            if (gaps.length == 0) {
                out.println("golden      the file carries no examples; nothing was computed");
                return;
            }
            long good = Arrays.stream(gaps).filter(gap -> gap <= classifier.tolerance()).count();
            double largest = Arrays.stream(gaps).reduce(0, Math::max);
            out.printf(Locale.ROOT, "golden      %d of %d examples answered as recorded, provider %s, largest gap %.1e (allowed %.0e)%n",
                    good, gaps.length, classifier.provider(), largest, classifier.tolerance());
            out.flush();
            if (GoldenCheck.judged(classifier, gaps) <= classifier.tolerance()) {
                return;
            }
            exact = Providers.moreExact(classifier.provider());
            if (exact.isEmpty()) {
                throw new GoldenExampleException((gaps.length - good) + " of " + gaps.length + " golden examples come out wrong with"
                        + " provider " + classifier.provider() + ": " + file + " was altered, or this provider computes wrongly on this"
                        + " machine; try another provider, or get the file anew.");
            }
        }
        golden(model, exact.get(), out);
    }
}
