package dev.filigree.pruner.glue;

import java.util.List;

/**
 * A file of labelled examples, read whole.
 *
 * @param name its name in the standard layout, for example {@code SST-2/dev.tsv}
 * @param examples its rows in their order
 * @param skipped rows left out: MNLI rows without a gold label ({@code -}) and broken QQP rows
 * @param sha256 SHA-256 (hex) of the file's bytes as stored
 */
public record GlueFile(String name, List<Example> examples, int skipped, String sha256) {
    /** Copies the list. */
    public GlueFile {
        examples = List.copyOf(examples);
    }
}
