package dev.filigree.format;

import java.util.List;

/**
 * What the model was trained to tell.
 *
 * @param name short name, for example {@code sst2}
 * @param labels label of each classifier row, in order; one name for a regression
 * @param regression whether the single output is a score rather than a label
 * @param pairs whether an input is a pair of texts
 */
public record Task(String name, List<String> labels, boolean regression, boolean pairs) {
    /** Copies the labels. */
    public Task {
        labels = List.copyOf(labels);
    }
}
