package dev.filigree.server.api;

/** Is told what was classified, on the workers' threads. Thread-safe, quick, and throws nothing. */
@FunctionalInterface
public interface ClassifyObserver {
    /** A request was classified. */
    void classified(ClassifyService.Answered answered);
}
