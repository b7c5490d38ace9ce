package dev.filigree.server;

import dev.filigree.server.config.Limits;
import dev.filigree.server.http.Guard;
import dev.filigree.server.http.Tls;
import dev.filigree.server.http.Transport;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * How a server serves.
 *
 * @param address where to listen; port 0 takes a free one
 * @param workers batches computed at the same time, at least 1
 * @param limits what to refuse
 * @param guard who may ask
 * @param tls certificate and key, if connections are to be encrypted
 * @param transport how sockets are waited for
 */
public record ServerSettings(
        InetSocketAddress address, int workers, Limits limits, Guard guard, Optional<Tls> tls, Transport transport) {
    /** Without TLS and open to everybody. */
    public static ServerSettings of(InetSocketAddress address, int workers, Limits limits) {
        return new ServerSettings(address, workers, limits, Guard.NONE, Optional.empty(), Transport.best());
    }

    /** The same with a guard. */
    public ServerSettings with(Guard other) {
        return new ServerSettings(address, workers, limits, other, tls, transport);
    }

    /** The same with TLS. */
    public ServerSettings with(Tls other) {
        return new ServerSettings(address, workers, limits, guard, Optional.of(other), transport);
    }

    /** The same with another transport. */
    public ServerSettings with(Transport other) {
        return new ServerSettings(address, workers, limits, guard, tls, other);
    }
}
