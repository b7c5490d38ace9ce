package dev.filigree.runtime.kernel.cuda;

/**
 * What a program takes of its device.
 *
 * @param streams calls that run on the device at the same time; more wait for one of them
 * @param passTokens tokens that go through the layers together; larger batches are cut between sequences
 * @param tokens for which each stream has room from the start; more is taken when they come
 * @param sequences likewise
 * @param graphs that each stream keeps, the last used ones; one of a 12-layer encoder takes some 100 KB
 */
record Limits(int streams, int passTokens, int tokens, int sequences, int graphs) {
    static final Limits DEFAULT = new Limits(4, 16384, 1024, 64, 64);
}
