package dev.filigree.pruner.train;

import java.util.Optional;

/**
 * How long and how fast to train.
 *
 * @param phase name shown with the progress, for example {@code fine-tune}
 * @param steps optimiser steps, at least 1
 * @param batchSize examples per step
 * @param learningRate highest learning rate
 * @param warmup share of the steps in which the rate grows linearly from 0; it falls linearly to 0 in the rest
 * @param clipNorm largest gradient norm; longer gradients are scaled down to it
 * @param featureDropout share of the pooled features dropped before the classifier
 * @param trainEmbeddings whether the embedding tables and their LayerNorm are trained
 * @param adam constants of the optimiser
 * @param stopping whether and when it ends before its last step
 * @param replacement of words in what is trained on; what is held out stays as it is
 * @param seed of batches, dropout and words: those of an epoch or step depend on it and on nothing before them
 */
public record TrainingPlan(String phase, int steps, int batchSize, double learningRate, double warmup, double clipNorm,
        double featureDropout, boolean trainEmbeddings, AdamW.Settings adam, Optional<EarlyStopping> stopping,
        Optional<WordReplacement> replacement, long seed) {
    /** Checks the ranges. */
    public TrainingPlan {
        if (steps < 1 || batchSize < 1) {
            throw new IllegalArgumentException("Training needs at least 1 step of 1 example, not " + steps + " of " + batchSize + ".");
        }
        if (!(learningRate > 0) || !(clipNorm > 0)) {
            throw new IllegalArgumentException("The learning rate and the largest gradient norm must be positive.");
        }
        if (!(warmup >= 0 && warmup <= 1) || !(featureDropout >= 0 && featureDropout < 1)) {
            throw new IllegalArgumentException("Warm-up must lie in 0..1 and dropout in 0..1 (1 excluded).");
        }
    }

    /** Warm-up over a tenth of the steps, norm clipped at 1, no dropout, frozen embeddings, {@link AdamW.Settings#DEFAULT}. */
    public static TrainingPlan of(String phase, int steps, int batchSize, double learningRate, long seed) {
        return new TrainingPlan(phase, steps, batchSize, learningRate, 0.1, 1, 0, false, AdamW.Settings.DEFAULT,
                Optional.empty(), Optional.empty(), seed);
    }

    /** Steps of so many passes over so many examples. */
    public static int stepsOf(double epochs, int examples, int batchSize) {
        return Math.max(1, (int) Math.round(epochs * Math.ceilDiv(examples, batchSize)));
    }

    /** The same with trained embeddings. */
    public TrainingPlan withTrainedEmbeddings() {
        return new TrainingPlan(phase, steps, batchSize, learningRate, warmup, clipNorm, featureDropout, true, adam, stopping,
                replacement, seed);
    }

    /** The same with dropout before the classifier. */
    public TrainingPlan withFeatureDropout(double share) {
        return new TrainingPlan(phase, steps, batchSize, learningRate, warmup, clipNorm, share, trainEmbeddings, adam, stopping,
                replacement, seed);
    }

    /** The same, ended early where that is asked for. */
    public TrainingPlan withStopping(Optional<EarlyStopping> newStopping) {
        return new TrainingPlan(phase, steps, batchSize, learningRate, warmup, clipNorm, featureDropout, trainEmbeddings, adam,
                newStopping, replacement, seed);
    }

    /** The same with words replaced, where that is asked for. */
    public TrainingPlan withReplacement(Optional<WordReplacement> newReplacement) {
        return new TrainingPlan(phase, steps, batchSize, learningRate, warmup, clipNorm, featureDropout, trainEmbeddings, adam,
                stopping, newReplacement, seed);
    }

    /** The learning rate of a step, counted from 0. */
    public double learningRate(int step) {
        int peak = Math.max(1, (int) Math.ceil(warmup * steps));
        int done = step + 1;
        return learningRate * (done < peak ? (double) done / peak : (double) (steps - step) / (steps - peak + 1));
    }
}
