package dev.filigree.pruner.cli;

import dev.filigree.format.Sparsity;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code N:M@V}; anything else is wrong usage. */
final class SparsityConverter implements ITypeConverter<Sparsity> {
    @Override
    public Sparsity convert(String value) {
        try {
            return Sparsity.parse(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
