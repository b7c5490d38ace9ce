package dev.filigree.pruner.data;

/**
 * A file that models are judged by.
 *
 * @param file its examples
 * @param metric how answers to them are scored
 */
public record EvaluationFile(ExampleFile file, Metric metric) {}
