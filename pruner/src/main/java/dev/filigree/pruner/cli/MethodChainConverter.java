package dev.filigree.pruner.cli;

import dev.filigree.pruner.method.MethodChain;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code obs,admm,sr-ste}; an unknown method or a wrong order is wrong usage. */
public final class MethodChainConverter implements ITypeConverter<MethodChain> {
    @Override
    public MethodChain convert(String value) {
        try {
            return MethodChain.parse(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
