package dev.filigree.server.http;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.Executor;

/** Event loops that know how many sockets they serve, in Netty's default number. */
public final class EventLoops extends MultiThreadIoEventLoopGroup {
    /** Starts them. */
    public EventLoops(Transport transport) {
        super(0, new DefaultThreadFactory("filigree-events"), transport.handlers());
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... none) {
        return new Loop(this, executor, handlers);
    }

    /** Whether a loop of this class has one socket, listening ones counted: who keeps it busy keeps nobody else waiting. */
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
