package dev.filigree.pruner.data;

import java.util.List;

/**
 * A file of labelled examples, read whole.
 *
 * @param name for people and records: of GLUE's files the one in the standard layout, for example {@code SST-2/dev.tsv}
 * @param examples its rows in their order
 * @param skipped rows left out: MNLI rows without a gold label ({@code -}) and broken QQP rows
 * @param published rows of the file as it was published, where this may be a part of it; else as many as it has
 * @param sha256 SHA-256 (hex) of the file's bytes as stored
 */
public record ExampleFile(String name, List<Example> examples, int skipped, int published, String sha256) {
    /** Copies the list. */
    public ExampleFile {
        examples = List.copyOf(examples);
    }

    /** The name without folder and endings, for example {@code dev}. */
    public String stem() {
        String last = name.substring(name.lastIndexOf('/') + 1);
        int dot = last.indexOf('.', 1);
        return dot < 0 ? last : last.substring(0, dot);
    }

    /** Whether rows of the published file are missing. */
    public boolean isPart() {
        return examples.size() < published;
    }

    /** The examples' targets, in order. */
    public float[] targets() {
        float[] targets = new float[examples.size()];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = examples.get(i).target();
        }
        return targets;
    }
}
