package dev.filigree.tests.load;

import dev.filigree.tests.load.client.Client;
import dev.filigree.tests.load.process.MetricsProbe;
import dev.filigree.tests.load.process.Probe;
import dev.filigree.tests.load.process.ProcessProbe;
import dev.filigree.tests.load.process.ServerProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A server that is there.
 *
 * @param uri {@code http://host:port}
 * @param process its process, where it was started here
 */
record Served(URI uri, Optional<ServerProcess> process) implements AutoCloseable {
    static Served by(ServerProcess process) {
        return new Served(
                URI.create("http://" + process.address().getHostString() + ":" + process.address().getPort()), Optional.of(process));
    }

    static Served at(URI uri) {
        return new Served(uri, Optional.empty());
    }

    InetSocketAddress address() {
        return new InetSocketAddress(uri.getHost(), uri.getPort());
    }

    Client client() {
        return new Client(address(), process.map(ServerProcess::handle));
    }

    Probe probe() throws IOException {
        return process.isPresent() ? ProcessProbe.attach(process.get().handle().pid()) : new MetricsProbe(uri);
    }

    /**
     * Asks a server that was started here to stop.
     *
     * @return what was wrong with how it ended, and with its log; nothing where all is well
     * @throws IOException when it does not stop
     */
    List<String> stop() throws IOException, InterruptedException {
        List<String> wrong = new ArrayList<>();
        if (process.isPresent()) {
            int code = process.get().stop();
            if (code != 0) {
                wrong.add("the server ended with exit code " + code + " on SIGTERM");
            }
            process.get().complaints().forEach(line -> wrong.add("the server's log says: " + line));
        }
        return wrong;
    }

    @Override
    public void close() throws IOException {
        if (process.isPresent()) {
            process.get().close();
        }
    }
}
