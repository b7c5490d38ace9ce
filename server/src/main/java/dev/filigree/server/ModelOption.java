package dev.filigree.server;

import dev.filigree.server.model.ModelSettings;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A packed file and the name it is served under, written {@code NAME=FILE}.
 *
 * @param name letters, digits, dots, underscores and hyphens
 * @param file where the model lies
 */
record ModelOption(String name, Path file) {
    static final class Converter implements ITypeConverter<ModelOption> {
        @Override
        public ModelOption convert(String value) {
            int equals = value.indexOf('=');
            if (equals < 0 || !ModelSettings.isName(value.substring(0, equals)) || equals == value.length() - 1) {
                throw new TypeConversionException(
                        "'" + value + "' is not NAME=FILE with a name of letters, digits, dots, underscores and hyphens");
            }
            return new ModelOption(value.substring(0, equals), Path.of(value.substring(equals + 1)));
        }
    }
}
