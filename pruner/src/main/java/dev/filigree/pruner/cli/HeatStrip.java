package dev.filigree.pruner.cli;

import java.nio.charset.Charset;
import java.util.Locale;

/**
 * Draws a row of numbers as a strip of characters, lighter for less and darker for more.
 *
 * @param shades from least to most
 */
record HeatStrip(String shades) {
    /** Cells of a strip, fewer where there are fewer numbers. */
    static final int CELLS = 56;

    private static final String BLOCKS = " \u2591\u2592\u2593\u2588";
    private static final String ASCII = " .:+#";

    /** Unicode's shades where the terminal's encoding has them. */
    static HeatStrip in(Charset encoding) {
        return new HeatStrip(encoding.newEncoder().canEncode(BLOCKS) ? BLOCKS : ASCII);
    }

    /** Whether the terminal had to make do with ASCII. */
    boolean plain() {
        return shades.equals(ASCII);
    }

    /**
     * The magnitude of a matrix over its inputs: a cell is the root of the mean square of all weights of its columns, zeros included,
     * shaded between the least and the most of the strip, whose ratio follows.
     *
     * @param weights row-major {@code [rows, columns]}
     */
    String of(float[] weights, int columns) {
        double[] squares = new double[columns];
        for (int i = 0; i < weights.length; i++) {
            squares[i % columns] += (double) weights[i] * weights[i];
        }
        double[] cells = new double[Math.min(CELLS, columns)];
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (int cell = 0; cell < cells.length; cell++) {
            int from = (int) ((long) cell * columns / cells.length);
            int to = (int) ((long) (cell + 1) * columns / cells.length);
            double sum = 0;
            for (int column = from; column < to; column++) {
                sum += squares[column];
            }
            cells[cell] = Math.sqrt(sum / (to - from));
            least = Math.min(least, cells[cell]);
            most = Math.max(most, cells[cell]);
        }
        StringBuilder strip = new StringBuilder();
        for (double cell : cells) {
            double share = most > least ? (cell - least) / (most - least) : 0;
            strip.append(shades.charAt((int) Math.min(shades.length() - 1, share * shades.length())));
        }
        String ratio = least > 0 ? String.format(Locale.ROOT, "%.1f", most / least) : most > 0 ? "inf" : "-";
        return String.format(Locale.ROOT, "%-" + CELLS + "s %5s", strip, ratio);
    }
}
