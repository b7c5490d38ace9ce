package dev.filigree.pruner.cli;

import dev.filigree.pruner.pipeline.SparsityPlan;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a sparsity such as {@code 2:4@16} or {@code dense}, with rules for single linears; anything else is wrong usage. */
public final class SparsityPlanConverter implements ITypeConverter<SparsityPlan> {
    @Override
    public SparsityPlan convert(String value) {
        try {
            return SparsityPlan.parse(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
