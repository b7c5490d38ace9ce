package dev.filigree.server.http;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.NettyRuntime;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.Executor;

/**
 * Event loops that know how many sockets they serve. There are as many as cores, half of Netty's default: what there is to do beside the
 * models is little, and a loop that finds several things done when it is woken costs less than several that are woken.
 */
public final class EventLoops extends MultiThreadIoEventLoopGroup {
    /** For connections. */
    public EventLoops(Transport transport) {
        super(NettyRuntime.availableProcessors(), new DefaultThreadFactory("filigree-events"), transport.handlers());
    }

    /** One for the sockets that listen, so that no connection shares its loop with them. */
    public static EventLoopGroup listening(Transport transport) {
        return new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("filigree-listen"), transport.handlers());
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... none) {
        return new Loop(this, executor, handlers);
    }

    /** Whether a loop of this class has one connection: who keeps it busy keeps nobody else waiting. */
    static boolean servesOne(EventLoop loop) {
        return loop instanceof Loop own && own.getNumOfRegisteredChannels() == 1;
    }

    private static final class Loop extends SingleThreadIoEventLoop {
        Loop(EventLoops group, Executor executor, IoHandlerFactory handlers) {
            super(group, executor, handlers);
        }

        /** Netty lets subclasses alone ask. */
        @Override
        protected int getNumOfRegisteredChannels() {
            return super.getNumOfRegisteredChannels();
        }
    }
}
