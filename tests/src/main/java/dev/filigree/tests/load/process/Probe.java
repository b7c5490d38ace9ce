package dev.filigree.tests.load.process;

import java.io.IOException;
import java.util.Map;

/** Reads the gauges of a server. */
public interface Probe extends AutoCloseable {
    /**
     * What can be read without disturbing the server.
     *
     * @throws IOException when the server is gone
     */
    Map<Gauge, Double> read() throws IOException;

    /**
     * What can only be read after a collection of all garbage, which this causes; nothing where it cannot.
     *
     * @throws IOException when the server is gone
     */
    Map<Gauge, Double> readAfterCollection() throws IOException;

    @Override
    void close() throws IOException;
}
