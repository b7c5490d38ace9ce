package dev.filigree.pruner.train;

/**
 * A phase of training that is to come.
 *
 * @param name as progress will call it
 * @param steps of the optimiser
 * @param cost of a step, in any unit that is the same for all phases of a run
 */
public record PlannedPhase(String name, int steps, double cost) {}
