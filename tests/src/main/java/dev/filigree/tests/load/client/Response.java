package dev.filigree.tests.load.client;

/**
 * An answer.
 *
 * @param status HTTP status
 * @param nanoTime {@link System#nanoTime} at which its last byte was read
 * @param body its body; empty where the client was told not to keep bodies
 */
record Response(int status, long nanoTime, byte[] body) {}
