package dev.filigree.pruner.data;

import java.util.Optional;

/**
 * One row of a data set.
 *
 * @param first the text, or the first of a pair
 * @param second the second text of a pair
 * @param target index of the label among the task's labels, or the score for a regression
 */
public record Example(String first, Optional<String> second, float target) {}
