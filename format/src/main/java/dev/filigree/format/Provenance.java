package dev.filigree.format;

import java.util.Map;

/**
 * Where a model came from.
 *
 * @param tool program and version that wrote the file
 * @param baseModel name of the pretrained encoder
 * @param method pruning chain, for example {@code obs,admm,sr-ste}
 * @param settings every setting that shaped the result, seeds included
 * @param dataDigests SHA-256 (hex) of each data file by its name
 * @param metrics measured values by name, for example {@code dense.accuracy} and {@code pruned.accuracy}, as fractions of one
 */
public record Provenance(
        String tool,
        String baseModel,
        String method,
        Map<String, String> settings,
        Map<String, String> dataDigests,
        Map<String, Double> metrics) {
    /** Copies the maps. */
    public Provenance {
        settings = Map.copyOf(settings);
        dataDigests = Map.copyOf(dataDigests);
        metrics = Map.copyOf(metrics);
    }
}
