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
 * @param logsAccess whether every request gets a line in the log
 * @param grpc where to listen for gRPC, if anywhere; port 0 takes a free one
 */
public record ServerSettings(
        InetSocketAddress address,
        int workers,
        Limits limits,
        Guard guard,
        Optional<Tls> tls,
        Transport transport,
        boolean logsAccess,
        Optional<InetSocketAddress> grpc) {
    /** Without TLS, without gRPC and open to everybody. */
    public static ServerSettings of(InetSocketAddress address, int workers, Limits limits) {
        return new ServerSettings(
                address, workers, limits, Guard.NONE, Optional.empty(), Transport.best(), false, Optional.empty());
    }

    /** The same with a guard. */
    public ServerSettings with(Guard other) {
        return new ServerSettings(address, workers, limits, other, tls, transport, logsAccess, grpc);
    }

    /** The same with TLS. */
    public ServerSettings with(Tls other) {
        return new ServerSettings(address, workers, limits, guard, Optional.of(other), transport, logsAccess, grpc);
    }

    /** The same with another transport. */
    public ServerSettings with(Transport other) {
        return new ServerSettings(address, workers, limits, guard, tls, other, logsAccess, grpc);
    }

    /** The same with gRPC. */
    public ServerSettings withGrpc(InetSocketAddress other) {
        return new ServerSettings(address, workers, limits, guard, tls, transport, logsAccess, Optional.of(other));
    }
}
