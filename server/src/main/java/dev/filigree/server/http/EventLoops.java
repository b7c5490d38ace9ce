package dev.filigree.server.http;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.NettyRuntime;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Event loops that know how many sockets they serve. There are as many as cores, half of Netty's default: what there is to do beside the
 * models is little, and a loop that finds several things done when it is woken costs less than several that are woken.
 */
public final class EventLoops extends MultiThreadIoEventLoopGroup {
    /** How long a loop lets things gather when there is too much to do: less than what then waits will have to wait by far. */
    private static final Duration GATHERING = Duration.ofMillis(4);

    private final BooleanSupplier overloaded;

    /**
     * For connections.
     *
     * @param overloaded whether there is more to do than can be done, so that what is done soon matters less than what it costs
     */
    public EventLoops(Transport transport, BooleanSupplier overloaded) {
        super(NettyRuntime.availableProcessors(), new DefaultThreadFactory("filigree-events"), transport.handlers());
        this.overloaded = overloaded;
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

    private final class Loop extends SingleThreadIoEventLoop {
        Loop(EventLoops group, Executor executor, IoHandlerFactory handlers) {
            super(group, executor, handlers);
        }

        /** A refusal costs mostly the waking up: the core is taken from a thread that computes, and has its work in the caches. */
        @Override
        protected int runIo() {
            if (overloaded.getAsBoolean()) {
                LockSupport.parkNanos(GATHERING.toNanos());
            }
            return super.runIo();
        }

        /** Netty lets subclasses alone ask. */
        @Override
        protected int getNumOfRegisteredChannels() {
            return super.getNumOfRegisteredChannels();
        }
    }
}
