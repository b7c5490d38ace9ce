package dev.filigree.pruner.pattern;

import dev.filigree.format.Sparsity;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Small matrices of every shape, odd ones above all, with ties and zeros among the weights. */
final class MatrixCases {
    private MatrixCases() {}

    record Case(BlockGrid grid, float[] weights, long seed) {}

    static Arbitrary<Case> cases() {
        Arbitrary<Sparsity> sparsities =
                Arbitraries.of("1:2@1", "2:4@1", "2:4@3", "2:4@16", "1:4@2", "3:4@1", "3:5@2", "4:8@4", "2:7@1", "dense")
                        .map(Sparsity::parse);
        return Combinators.combine(
                        Arbitraries.integers().between(1, 21), Arbitraries.integers().between(1, 19), sparsities, Arbitraries.longs())
                .as(MatrixCases::draw);
    }

    private static Case draw(int rows, int columns, Sparsity sparsity, long seed) {
        Random random = new Random(seed);
        float[] weights = new float[rows * columns];
        boolean coarse = random.nextBoolean();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = coarse ? random.nextInt(5) - 2 : (float) random.nextGaussian();
        }
        int[] order = random.nextBoolean() ? new int[0] : shuffled(rows, random);
        return new Case(new BlockGrid(rows, columns, sparsity, order), weights, seed);
    }

    private static int[] shuffled(int rows, Random random) {
        int[] order = new int[rows];
        for (int i = 0; i < rows; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
