package dev.filigree.runtime.kernel.panel;

/**
 * What part of every stage's work falls to one worker: a contiguous range, nearly the same size for all.
 *
 * @param worker number of the worker, from 0
 * @param workers how many there are
 */
public record Share(int worker, int workers) {
    /** All of it. */
    public static final Share ALL = new Share(0, 1);

    /** First of the worker's items. */
    public int from(int items) {
        return (int) ((long) items * worker / workers);
    }

    /** End of the worker's items. */
    public int to(int items) {
        return (int) ((long) items * (worker + 1) / workers);
    }
}
