package dev.filigree.pruner.report;

import dev.filigree.format.SparseMatrix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * How often a matrix uses a pattern.
 *
 * @param pattern a digit for each input of the group, first input first: 1 where it is kept
 * @param blocks pattern blocks that use it
 */
public record PatternUse(String pattern, long blocks) {
    /** Of sparsities with more patterns the commonest are told. */
    static final int MOST = 64;

    /** The patterns of a matrix by their number, at most {@link #MOST} of them: those used most. */
    static List<PatternUse> of(SparseMatrix matrix) {
        SequencedMap<Integer, Long> blocks = count(matrix);
        if (matrix.patterns().length <= MOST) {
            for (int pattern : matrix.patterns()) {
                blocks.putIfAbsent(pattern, 0L);
            }
        }
        List<Map.Entry<Integer, Long>> commonest = new ArrayList<>(blocks.entrySet());
        commonest.sort(Map.Entry.<Integer, Long>comparingByValue(Comparator.reverseOrder()));
        List<Integer> told = commonest.stream().limit(MOST).map(Map.Entry::getKey).toList();
        return blocks.entrySet().stream()
                .filter(entry -> told.contains(entry.getKey()))
                .map(entry -> new PatternUse(digits(entry.getKey(), matrix.sparsity().m()), entry.getValue()))
                .toList();
    }

    /** How many different patterns a matrix uses. */
    static long distinct(SparseMatrix matrix) {
        return count(matrix).size();
    }

    private static SequencedMap<Integer, Long> count(SparseMatrix matrix) {
        SequencedMap<Integer, Long> blocks = new TreeMap<>(Integer::compareUnsigned);
        for (int row = 0; row < matrix.sparsity().blockRows(matrix.rows()); row++) {
            for (int group = 0; group < matrix.sparsity().groups(matrix.columns()); group++) {
                blocks.merge(matrix.mask(row, group), 1L, Long::sum);
            }
        }
        return blocks;
    }

    private static String digits(int pattern, int m) {
        StringBuilder digits = new StringBuilder();
        for (int input = 0; input < m; input++) {
            digits.append(pattern >>> input & 1);
        }
        return digits.toString();
    }
}
