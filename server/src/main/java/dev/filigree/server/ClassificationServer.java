package dev.filigree.server;

import dev.filigree.runtime.FiligreeVersion;
import dev.filigree.server.api.ApiDocuments;
import dev.filigree.server.api.ClassifyEndpoint;
import dev.filigree.server.api.ClassifyService;
import dev.filigree.server.batch.Batcher;
import dev.filigree.server.config.Limits;
import dev.filigree.server.grpc.GrpcServer;
import dev.filigree.server.http.AccessLog;
import dev.filigree.server.http.Answer;
import dev.filigree.server.http.AnswerWriter;
import dev.filigree.server.http.BodyBudget;
import dev.filigree.server.http.Endpoint;
import dev.filigree.server.http.EventLoops;
import dev.filigree.server.http.HttpFront;
import dev.filigree.server.http.HttpObserver;
import dev.filigree.server.http.HttpObservers;
import dev.filigree.server.http.Pipelines;
import dev.filigree.server.http.Route;
import dev.filigree.server.http.Routes;
import dev.filigree.server.metrics.ServerMetrics;
import dev.filigree.server.model.ModelEndpoints;
import dev.filigree.server.model.ModelRegistry;
import dev.filigree.server.openinference.OpenInference;
import dev.filigree.server.openinference.RestEndpoints;
import dev.filigree.server.page.Page;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelGroupFuture;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.Errors;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP and gRPC front of the models. Event loops read, parse, tokenize and write (what is long is prepared by a thread of its own),
 * and the workers of a {@link Batcher} run the encoder; so does an event loop that has just one connection, when nothing else waits.
 * Requests of one HTTP/1.1 connection are answered in their order, one at a time.
 */
public final class ClassificationServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClassificationServer.class);
    private static final String VERSION = FiligreeVersion.current();
    /** How often the files of TLS are looked at. */
    private static final Duration TLS_REFRESH = Duration.ofSeconds(10);
    /** Room for a usual request: Netty would shrink it to the last few, and read the next that is a little longer in two turns. */
    private static final int LEAST_READ_BYTES = 2 << 10;
    private static final int MOST_READ_BYTES = 64 << 10;

    private final ModelRegistry models;
    private final ServerSettings settings;
    private final ServerMetrics metrics = new ServerMetrics();
    private final Batcher batcher;
    private final ThreadPoolExecutor preparation;
    private final BodyBudget bodies;
    private final EventLoopGroup listeners;
    private final EventLoopGroup events;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final Routes routes;
    private final Channel listening;
    private final Optional<GrpcServer> grpc;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean draining;

    /**
     * Binds and starts to serve.
     *
     * @param models what to serve; closed with the server
     * @throws IOException when an address cannot be bound; the models are then still the caller's
     */
    public ClassificationServer(ModelRegistry models, ServerSettings settings) throws IOException {
        this.models = models;
        this.settings = settings;
        Limits limits = settings.limits();
        this.batcher = new Batcher(
                settings.workers(), limits.tokensPerBatch(), limits.queuedRequests(), limits.batchWait(), metrics);
        metrics.watch(batcher);
        this.preparation = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(limits.queuedRequests()),
                Thread.ofPlatform().name("filigree-prepare").factory());
        this.bodies = new BodyBudget(limits.bodiesBytes());
        this.listeners = EventLoops.listening(settings.transport());
        this.events = new EventLoops(settings.transport(), batcher::isAlmostFull);
        ClassifyService service = new ClassifyService(models, batcher, limits, metrics);
        OpenInference protocol = new OpenInference(service);
        this.routes = routes(service, protocol);
        try {
            this.listening = bind(settings.address(), routes);
            this.grpc = settings.grpc().isPresent() ? Optional.of(bindGrpc(settings.grpc().get(), protocol)) : Optional.empty();
        } catch (IOException e) {
            batcher.close();
            preparation.close();
            listeners.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            events.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw e;
        }
        settings.tls().ifPresent(tls -> tls.watch(events, preparation, TLS_REFRESH));
    }

    private Channel bind(InetSocketAddress address, Routes routes) throws IOException {
        HttpFront front = new HttpFront(
                routes, settings.guard(), preparation, settings.limits(), bodies, () -> draining, observer(), new AnswerWriter());
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(listeners, events)
                .channel(settings.transport().channel())
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(LEAST_READ_BYTES, LEAST_READ_BYTES, MOST_READ_BYTES))
                .childHandler(new Pipelines(front, settings.tls(), connections));
        requireResolved(address);
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw cannotListen(address, bound.cause());
        }
        return bound.channel();
    }

    private GrpcServer bindGrpc(InetSocketAddress address, OpenInference protocol) throws IOException {
        requireResolved(address);
        try {
            return GrpcServer.start(address, listeners, events, settings.transport(), new GrpcServer.Settings(protocol, VERSION,
                    settings.guard(), settings.tls(), preparation, settings.limits(), bodies, () -> !draining, observer()));
        } catch (IOException e) {
            throw cannotListen(address, e.getCause());
        }
    }

    private static void requireResolved(InetSocketAddress address) throws IOException {
        if (address.isUnresolved()) {
            throw new IOException("Cannot listen on " + where(address) + ": there is no such host.");
        }
    }

    private static IOException cannotListen(InetSocketAddress address, Throwable cause) {
        return new IOException("Cannot listen on " + where(address) + ": " + reason(cause) + ".", cause);
    }

    private static String where(InetSocketAddress address) {
        return address.getHostString() + ":" + address.getPort();
    }

    private static String reason(Throwable cause) {
        return switch (cause) {
            // "bind(..) failed with error(-98): Address already in use"
            case Errors.NativeIoException e -> e.getMessage().substring(e.getMessage().indexOf(": ") + 2);
            case SocketException e -> e.getMessage();
            default -> cause.toString();
        };
    }

    private HttpObserver observer() {
        return settings.logsAccess() ? new HttpObservers(List.of(metrics, new AccessLog())) : metrics;
    }

    private Routes routes(ClassifyService service, OpenInference protocol) {
        List<Route> routes = new ArrayList<>(List.of(
                Route.get("/health/live", Endpoint.now(_ -> Answer.health(HttpResponseStatus.OK, "live"))).open(),
                Route.get("/health/ready", Endpoint.now(_ -> draining
                        ? Answer.health(HttpResponseStatus.SERVICE_UNAVAILABLE, "draining")
                        : Answer.health(HttpResponseStatus.OK, "ready"))).open(),
                new ClassifyEndpoint(service).route(),
                metrics.route()));
        routes.addAll(new ModelEndpoints(models).routes());
        routes.addAll(new RestEndpoints(protocol, VERSION, () -> !draining).routes());
        routes.addAll(Page.routes());
        routes.addAll(ApiDocuments.routes(VERSION));
        return Routes.of(routes);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /** Where it listens for gRPC, if anywhere. */
    public Optional<InetSocketAddress> grpcAddress() {
        return grpc.map(GrpcServer::address);
    }

    /** Everything that it can be asked over HTTP. */
    Routes routes() {
        return routes;
    }

    /** Requests that wait to be computed. */
    int queued() {
        return batcher.queued();
    }

    /** Bytes of bodies that arrive or wait. */
    long bodyBytes() {
        return bodies.taken();
    }

    /** Waits until {@link #close} is done. */
    public void awaitClosed() throws InterruptedException {
        closed.await();
    }

    /**
     * Is no longer ready; after the time of grace stops accepting, closes idle connections, answers the requests in flight (for at most the
     * drain time), then closes what is left and the models. Further calls wait for the first and do nothing. An interrupt cuts the time of
     * grace short.
     */
    @Override
    public synchronized void close() {
        if (closed.getCount() == 0) {
            return;
        }
        draining = true;
        grpc.ifPresent(GrpcServer::announceEnd);
        awaitGrace();
        LOG.info("Stopping: no more connections, what is in flight is answered.");
        long latest = System.nanoTime() + settings.limits().drain().toNanos();
        listening.close().awaitUninterruptibly();
        grpc.ifPresent(GrpcServer::drain);
        // Which are waited for is settled first: each of these is told.
        ChannelGroupFuture ended = connections.newCloseFuture();
        connections.forEach(Pipelines::drain);
        if (!ended.awaitUninterruptibly(settings.limits().drain().toMillis())) {
            LOG.warn("{} connections had not finished after {} and are cut off.", connections.size(), settings.limits().drain());
        }
        connections.close().awaitUninterruptibly();
        if (grpc.isPresent() && !grpc.get().awaitDrained(latest)) {
            LOG.warn("gRPC calls had not finished after {} and are cut off.", settings.limits().drain());
        }
        grpc.ifPresent(GrpcServer::close);
        preparation.shutdownNow();
        preparation.close();
        batcher.close();
        models.close();
        metrics.close();
        listeners.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        events.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        closed.countDown();
    }

    private void awaitGrace() {
        Duration grace = settings.limits().grace();
        if (grace.isPositive()) {
            LOG.info("No longer ready; requests are still taken for {}.", grace);
            try {
                Thread.sleep(grace);
            } catch (InterruptedException e) {
                // Whoever is in a hurry.
                Thread.currentThread().interrupt();
            }
        }
    }
}
