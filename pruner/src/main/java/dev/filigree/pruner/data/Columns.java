package dev.filigree.pruner.data;

import java.util.Optional;

/**
 * Names of the columns of a table, or of the fields of its objects, that are read.
 *
 * @param first of the text, or the first one of a pair
 * @param second of the second one of a pair
 * @param label of the label or score
 */
public record Columns(String first, Optional<String> second, String label) {}
