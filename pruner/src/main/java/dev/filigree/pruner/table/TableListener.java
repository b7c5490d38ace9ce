package dev.filigree.pruner.table;

import java.io.IOException;

/** Watches a table being filled, on the thread that fills it. */
public interface TableListener {
    /** A run has been done before, with the same settings. */
    void skipped(TableRun run);

    /**
     * A run begins.
     *
     * @param number which of all runs, from 1
     * @param count how many there are
     */
    void started(TableRun run, int number, int count);

    /** A run is done, and its result is in its file. */
    void finished(TableRun run, RunResult result) throws IOException;

    /** A run has come to nothing; the others go on. */
    void failed(TableRun run, Exception cause);
}
