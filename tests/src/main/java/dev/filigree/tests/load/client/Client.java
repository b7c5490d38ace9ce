package dev.filigree.tests.load.client;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One thread that speaks to one server over many connections. It shares its cores with the server, so it does as little as it can: requests
 * are written as they lie in memory, and of answers only the head is looked at.
 */
public final class Client implements AutoCloseable {
    private static final int CONNECT_MILLIS = 10_000;
    private static final long REOPEN_MILLIS = 10;

    private final InetSocketAddress target;
    private final Optional<ProcessHandle> server;
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("filigree-load", true), NioIoHandler.newFactory());

    /**
     * A client without connections.
     *
     * @param server the server's process, where it is known and on this machine
     */
    public Client(InetSocketAddress target, Optional<ProcessHandle> server) {
        this.target = target;
        this.server = server;
    }

    /** Where the server listens. */
    public InetSocketAddress target() {
        return target;
    }

    /** Begins to measure processor time. */
    CpuMeter cpu() {
        return new CpuMeter(server);
    }

    /** Does something on the thread of all connections. */
    void execute(Runnable task) {
        loop.execute(task);
    }

    /**
     * Opens connections and waits until all are there.
     *
     * @throws IOException when one cannot be opened
     */
    Pool open(int connections, Connection.Listener listener, boolean keepBodies) throws IOException {
        Pool pool = new Pool(listener, keepBodies);
        List<ChannelFuture> opening = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            opening.add(pool.connect());
        }
        for (ChannelFuture one : opening) {
            if (!one.awaitUninterruptibly().isSuccess()) {
                pool.close();
                throw new IOException("Cannot connect to " + target.getHostString() + ":" + target.getPort() + ": "
                        + one.cause().getMessage() + ".", one.cause());
            }
        }
        return pool;
    }

    /** The connections of one run. One that breaks is opened again. */
    final class Pool implements AutoCloseable {
        private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
        private final AtomicLong reopened = new AtomicLong();
        private final Bootstrap bootstrap;
        private volatile boolean closing;

        private Pool(Connection.Listener listener, boolean keepBodies) {
            bootstrap = new Bootstrap()
                    .group(loop)
                    .channel(NioSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                    .remoteAddress(target)
                    .handler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel channel) {
                            channels.add(channel);
                            channel.pipeline().addLast(new HttpResponseDecoder(), new Connection(listener, keepBodies));
                            channel.closeFuture().addListener(_ -> reopen());
                        }
                    });
        }

        private ChannelFuture connect() {
            return bootstrap.connect();
        }

        /** How many connections were opened in place of others. */
        long reopened() {
            return reopened.get();
        }

        /** Slowly enough not to be a load of its own where the server is gone. */
        private void reopen() {
            if (!closing) {
                reopened.incrementAndGet();
                loop.schedule(() -> closing ? null : connect(), REOPEN_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void close() {
            closing = true;
            channels.close().awaitUninterruptibly();
        }
    }

    /** Closes what is open. */
    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
