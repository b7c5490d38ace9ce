package dev.filigree.pruner.cli;

import dev.filigree.runtime.kernel.Providers;
import java.util.Iterator;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which kernels run a file. */
final class ProviderOption {
    @Option(
            names = "--provider",
            defaultValue = Providers.AUTO,
            paramLabel = "NAME",
            converter = Converter.class,
            completionCandidates = Names.class,
            description = "one of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private String name;

    String name() {
        return name;
    }

    /** An unknown name is wrong usage. */
    static final class Converter implements ITypeConverter<String> {
        @Override
        public String convert(String value) {
            if (!Providers.isName(value)) {
                throw new TypeConversionException(
                        "there is no provider '" + value + "', write one of " + String.join(", ", Providers.names()) + ".");
            }
            return value;
        }
    }

    /** What there is to choose from, for the help. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Providers.names().iterator();
        }
    }
}
