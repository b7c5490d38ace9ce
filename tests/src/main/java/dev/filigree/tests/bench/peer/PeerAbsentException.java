package dev.filigree.tests.bench.peer;

/** A peer cannot be measured here; the message says why. */
public final class PeerAbsentException extends Exception {
    private static final long serialVersionUID = 1L;

    PeerAbsentException(String message) {
        super(message);
    }
}
