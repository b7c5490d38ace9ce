package dev.filigree.server.grpc;

import dev.filigree.server.config.Limits;
import dev.filigree.server.grpc.proto.GRPCInferenceServiceGrpc;
import dev.filigree.server.http.BodyBudget;
import dev.filigree.server.http.Guard;
import dev.filigree.server.http.HttpObserver;
import dev.filigree.server.http.Tls;
import dev.filigree.server.http.Transport;
import dev.filigree.server.openinference.OpenInference;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.handler.codec.http2.Http2CodecUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The protocol's gRPC service, gRPC's own health service and reflection, on a port of their own. Calls run on event loops, as HTTP
 * requests do; only long requests are read on another thread. Thread-safe.
 */
public final class GrpcServer implements AutoCloseable {
    /** A client that pings oftener than this, or without a call that pings could keep alive, loses its connection (gRPC proposal A8). */
    private static final Duration LEAST_BETWEEN_PINGS = Duration.ofSeconds(10);
    /** Calls of a connection that may be broken off in a second; beyond it the connection is closed (CVE-2023-44487, "rapid reset"). */
    private static final int RESETS_PER_SECOND = 5000;

    /**
     * What a connection may have under way beyond what was read of it, in bytes: that of HTTP/2 unless said otherwise. gRPC's own, of 1 MiB
     * and more, would let each connection keep as much of calls that are refused, and are in no budget.
     */
    private static final int WINDOW_BYTES = Http2CodecUtil.DEFAULT_WINDOW_SIZE;

    private final Server server;
    private final HealthStatusManager health;
    private final Admission admission;

    private GrpcServer(Server server, HealthStatusManager health, Admission admission) {
        this.server = server;
        this.health = health;
        this.admission = admission;
    }

    /**
     * What the server consists of.
     *
     * @param protocol answers
     * @param serverVersion version of the server
     * @param guard who may call anything but health
     * @param tls certificate and key, if connections are to be encrypted
     * @param preparation reads and tokenizes requests that would keep an event loop too long
     * @param limits what to refuse
     * @param bodies what room there is for messages
     * @param ready whether new requests are welcome
     * @param observer is told of connections and calls
     */
    public record Settings(
            OpenInference protocol,
            String serverVersion,
            Guard guard,
            Optional<Tls> tls,
            Executor preparation,
            Limits limits,
            BodyBudget bodies,
            BooleanSupplier ready,
            HttpObserver observer) {}

    /**
     * Binds and starts to serve.
     *
     * @param address where to listen; port 0 takes a free one
     * @param listening thread for the listening socket
     * @param events threads for all else; both outlive the server
     * @param transport of these threads
     * @throws IOException when the address cannot be bound
     */
    public static GrpcServer start(
            InetSocketAddress address, EventLoopGroup listening, EventLoopGroup events, Transport transport, Settings settings)
            throws IOException {
        Limits limits = settings.limits();
        HealthStatusManager health = new HealthStatusManager();
        health.setStatus(GRPCInferenceServiceGrpc.SERVICE_NAME, ServingStatus.SERVING);
        Set<String> open = Set.of(
                GRPCInferenceServiceGrpc.getServerLiveMethod().getFullMethodName(),
                GRPCInferenceServiceGrpc.getServerReadyMethod().getFullMethodName(),
                HealthGrpc.getCheckMethod().getFullMethodName(),
                HealthGrpc.getWatchMethod().getFullMethodName());
        Admission admission = new Admission(settings.guard(), open, limits, events);
        InferenceCalls calls =
                new InferenceCalls(settings.protocol(), settings.serverVersion(), settings.preparation(), settings.ready());
        ConnectionLimit connections = new ConnectionLimit(limits.connections(), settings.observer());
        ChannelFactory<ServerChannel> channels = new ReflectiveChannelFactory<>(transport.channel());
        NettyServerBuilder builder = NettyServerBuilder.forAddress(address)
                .bossEventLoopGroup(listening)
                .workerEventLoopGroup(events)
                .channelFactory(() -> {
                    ServerChannel channel = channels.newChannel();
                    channel.pipeline().addLast(connections);
                    return channel;
                })
                .withChildOption(ChannelOption.TCP_NODELAY, true)
                .directExecutor()
                .maxConcurrentCallsPerConnection(Admission.CALLS_PER_CONNECTION)
                .flowControlWindow(WINDOW_BYTES)
                .maxInboundMessageSize(limits.bodyBytes())
                .maxInboundMetadataSize(limits.headerBytes())
                .handshakeTimeout(limits.slow().toNanos(), TimeUnit.NANOSECONDS)
                .maxConnectionIdle(limits.idle().toNanos(), TimeUnit.NANOSECONDS)
                // Who watches is asked as often whether it is there still.
                .keepAliveTime(limits.idle().toNanos(), TimeUnit.NANOSECONDS)
                .permitKeepAliveTime(LEAST_BETWEEN_PINGS.toSeconds(), TimeUnit.SECONDS)
                .maxRstFramesPerWindow(RESETS_PER_SECOND, 1)
                .addStreamTracerFactory(Arrival.tracers(settings.bodies()))
                .intercept(admission)
                // The last one sees a call first.
                .intercept(new Recorder(settings.observer()))
                .addService(calls.service())
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance());
        settings.tls().ifPresent(tls -> builder.sslContext(tls.context()));
        return new GrpcServer(builder.build().start(), health, admission);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.getListenSockets().getFirst();
    }

    /** Tells who asks for its health, or watches it, that it is about to end. */
    public void announceEnd() {
        health.enterTerminalState();
    }

    /** Stops accepting connections and calls, and ends those that watch. Other calls in flight go on. */
    public void drain() {
        server.shutdown();
        admission.endStreams();
    }

    /** Waits for what is in flight, at most until {@link System#nanoTime} is so much, and says whether all of it has ended. */
    public boolean awaitDrained(long latest) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return server.awaitTermination(latest - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Breaks off what is in flight still. */
    @Override
    public void close() {
        server.shutdownNow();
    }
}
