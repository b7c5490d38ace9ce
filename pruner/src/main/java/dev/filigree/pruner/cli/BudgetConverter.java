package dev.filigree.pruner.cli;

import dev.filigree.pruner.budget.Budget;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code speed=1.25x} or {@code size=14MB}; anything else is wrong usage. */
final class BudgetConverter implements ITypeConverter<Budget> {
    @Override
    public Budget convert(String value) {
        try {
            return Budget.parse(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
