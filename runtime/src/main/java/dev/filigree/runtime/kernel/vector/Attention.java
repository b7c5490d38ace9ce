package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.ROWS;
import static dev.filigree.runtime.kernel.vector.Lanes.TILE;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Portion;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Scaled dot-product attention {@code softmax(q k / sqrt(width)) v} of packed sequences (Vaswani et al. 2017, equation 1).
 *
 * <p>Lanes are queries, keys and values are broadcast straight from their panels, so nothing is gathered or transposed. Where sequences
 * meet within a panel of queries, the panel is computed once for each of them and only the lanes that belong are kept: the waste is less
 * than what copying every sequence into panels of its own would cost.
 */
final class Attention {
    private final int heads;
    private final int headWidth;
    private final int hidden;
    private final float scale;

    Attention(EncoderShape shape) {
        this.heads = shape.heads();
        this.headWidth = shape.headWidth();
        this.hidden = shape.hidden();
        this.scale = (float) (1 / Math.sqrt(headWidth));
    }

    /** Room for one worker. */
    static final class Scratch {
        private final float[] scores;
        private final float[] context;
        private final float[] inverseSums = new float[Panels.WIDTH];

        /** Room for sequences of up to {@code longest} tokens, which may start within a panel. */
        Scratch(int longest, EncoderShape shape) {
            scores = new float[(Panels.count(longest) + 1) * Panels.WIDTH * Panels.WIDTH];
            context = new float[shape.headWidth() * Panels.WIDTH];
        }
    }

    /**
     * Attends, for a worker's portion of the queries: of each panel a share of the heads.
     *
     * @param q queries, panels of {@code hidden} features, as are {@code k}, {@code v} and {@code out}
     * @param queries first row of each sequence in {@code q} and {@code out} and, last, their number
     * @param keys the same for {@code k} and {@code v}
     */
    void apply(float[] q, float[] k, float[] v, float[] out, int[] queries, int[] keys, Portion portion, Scratch scratch) {
        int rows = queries[queries.length - 1];
        int items = portion.panels() * heads;
        int sequence = 0;
        for (int item = portion.share().from(items); item < portion.share().to(items); item++) {
            int panel = portion.from() + item / heads;
            int panelStart = panel * Panels.WIDTH;
            int panelEnd = Math.min(rows, panelStart + Panels.WIDTH);
            while (queries[sequence + 1] <= panelStart) {
                sequence++;
            }
            for (int s = sequence; s + 1 < queries.length && queries[s] < panelEnd; s++) {
                attend(q, k, v, panel, item % heads, keys[s], keys[s + 1], scratch);
                keep(scratch, out, panel, item % heads, queries[s], queries[s + 1]);
            }
        }
    }

    /** Attention of all queries of a panel to the keys {@code [start, end)}, into the scratch. */
    private void attend(float[] q, float[] k, float[] v, int panel, int head, int start, int end, Scratch scratch) {
        int slice = head * headWidth * Panels.WIDTH;
        int size = hidden * Panels.WIDTH;
        int origin = start / Panels.WIDTH * Panels.WIDTH;
        float[] scores = scratch.scores;
        for (int key = start / ROWS * ROWS; key < end; key += ROWS) {
            int kAt = key / Panels.WIDTH * size + slice + key % Panels.WIDTH;
            for (int lane = 0; lane < Panels.WIDTH; lane += TILE) {
                ScoreTile.eight(q, panel * size + slice + lane, k, kAt, headWidth, scores, (key - origin) * Panels.WIDTH + lane);
            }
        }
        Softmax.apply(scores, (start - origin) * Panels.WIDTH, end - start, scale, scratch.inverseSums);
        Arrays.fill(scratch.context, 0f);
        for (int key = start; key < end; key = (key / Panels.WIDTH + 1) * Panels.WIDTH) {
            int keys = Math.min(end, (key / Panels.WIDTH + 1) * Panels.WIDTH) - key;
            int vAt = key / Panels.WIDTH * size + slice + key % Panels.WIDTH;
            for (int lane = 0; lane < Panels.WIDTH; lane += TILE) {
                weigh(scores, (key - origin) * Panels.WIDTH + lane, v, vAt, keys, scratch.context, lane);
            }
        }
    }

    private void weigh(float[] p, int pAt, float[] v, int vAt, int keys, float[] context, int lane) {
        int feature = 0;
        for (; feature + ROWS <= headWidth; feature += ROWS) {
            ContextTile.eight(p, pAt, v, vAt + feature * Panels.WIDTH, keys, context, feature * Panels.WIDTH + lane);
        }
        for (; feature < headWidth; feature++) {
            ContextTile.one(p, pAt, v, vAt + feature * Panels.WIDTH, keys, context, feature * Panels.WIDTH + lane);
        }
    }

    /** Writes the normalised context of a panel's queries among the rows {@code [start, end)}. */
    private void keep(Scratch scratch, float[] out, int panel, int head, int start, int end) {
        int first = Math.max(start - panel * Panels.WIDTH, 0);
        int last = Math.min(end - panel * Panels.WIDTH, Panels.WIDTH);
        int base = (panel * hidden + head * headWidth) * Panels.WIDTH;
        if (first == 0 && last == Panels.WIDTH) {
            for (int lane = 0; lane < Panels.WIDTH; lane += COUNT) {
                FloatVector inverse = load(scratch.inverseSums, lane);
                for (int i = lane; i < scratch.context.length; i += Panels.WIDTH) {
                    load(scratch.context, i).mul(inverse).intoArray(out, base + i);
                }
            }
            return;
        }
        for (int row = 0; row < scratch.context.length; row += Panels.WIDTH) {
            for (int lane = first; lane < last; lane++) {
                out[base + row + lane] = scratch.context[row + lane] * scratch.inverseSums[lane];
            }
        }
    }
}
