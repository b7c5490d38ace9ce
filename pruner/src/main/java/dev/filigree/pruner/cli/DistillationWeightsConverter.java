package dev.filigree.pruner.cli;

import dev.filigree.pruner.train.DistillationWeights;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads what is distilled, such as {@code logits,hidden,relations=0.5}. */
final class DistillationWeightsConverter implements ITypeConverter<DistillationWeights> {
    @Override
    public DistillationWeights convert(String value) {
        try {
            return DistillationWeights.parse(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
