package dev.filigree.tests.load;

import dev.filigree.tests.load.process.BareServer;
import dev.filigree.tests.load.process.ServerProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Which server is asked. */
sealed interface LoadTarget {
    /**
     * A server, started for this where it is not there already.
     *
     * @param java further flags of its JVM
     * @param flags further flags of {@code filigree serve}
     */
    Served open(List<String> java, List<String> flags) throws IOException;

    /**
     * A server that only keeps a core busy for so long with each request, to tell what machine and client add; none where servers are not
     * started here.
     */
    Optional<Served> openBare(Duration busy, List<String> java) throws IOException;

    /** Whether servers are started here, and with other flags too. */
    boolean canStart();

    /** One that is started for a packed file. */
    record Model(Path file) implements LoadTarget {
        @Override
        public Served open(List<String> java, List<String> flags) throws IOException {
            return Served.by(ServerProcess.start(file, java, flags));
        }

        @Override
        public Optional<Served> openBare(Duration busy, List<String> java) throws IOException {
            return Optional.of(Served.by(BareServer.start(busy, java)));
        }

        @Override
        public boolean canStart() {
            return true;
        }

        @Override
        public String toString() {
            return "filigree serve --model " + file.getFileName();
        }
    }

    /** One that runs already. */
    record Running(URI uri) implements LoadTarget {
        private static final int CONNECT_MILLIS = 10_000;

        /** Connects once, so that a wrong address is told as one. */
        @Override
        public Served open(List<String> java, List<String> flags) throws IOException {
            Served served = Served.at(uri);
            InetSocketAddress address = served.address();
            if (address.isUnresolved()) {
                throw new IOException("There is no server at " + uri + ": the host " + uri.getHost() + " is not known here.");
            }
            try (Socket socket = new Socket()) {
                socket.connect(address, CONNECT_MILLIS);
            } catch (IOException e) {
                throw new IOException("There is no server at " + uri + ": " + e.getMessage() + ".", e);
            }
            return served;
        }

        @Override
        public Optional<Served> openBare(Duration busy, List<String> java) {
            return Optional.empty();
        }

        @Override
        public boolean canStart() {
            return false;
        }

        @Override
        public String toString() {
            return uri.toString();
        }
    }
}
