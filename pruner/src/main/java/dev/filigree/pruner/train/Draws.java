package dev.filigree.pruner.train;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * What is random in training, as a function of the seed and of where training stands: whoever resumes at a step needs no generator's
 * state to draw what would have been drawn.
 */
enum Draws {
    /** Order of the examples in an epoch. */
    ORDER,
    /** Features dropped in a step. */
    DROPOUT,
    /** Examples held out of training. */
    HELD_OUT,
    /** Words replaced in a step. */
    WORDS;

    /** The generator for an epoch or step. SplittableRandom mixes its seed well, so that neighbours have nothing in common. */
    RandomGenerator of(long seed, long index) {
        long stream = new SplittableRandom(seed).nextLong() + ordinal();
        return new SplittableRandom(new SplittableRandom(stream).nextLong() + index);
    }
}
