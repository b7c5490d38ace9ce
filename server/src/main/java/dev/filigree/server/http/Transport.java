package dev.filigree.server.http;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.util.Locale;
import java.util.Optional;

/** How sockets are waited for. */
public enum Transport {
    /** Linux's epoll, through Netty's native library. */
    EPOLL {
        @Override
        Optional<Throwable> obstacle() {
            return Optional.ofNullable(Epoll.unavailabilityCause());
        }

        @Override
        public IoHandlerFactory handlers() {
            return EpollIoHandler.newFactory();
        }

        @Override
        public Class<? extends ServerChannel> channel() {
            return EpollServerSocketChannel.class;
        }
    },
    /** Linux's io_uring, through Netty's native library. Many containers forbid it. */
    IO_URING {
        @Override
        Optional<Throwable> obstacle() {
            return Optional.ofNullable(IoUring.unavailabilityCause());
        }

        @Override
        public IoHandlerFactory handlers() {
            return IoUringIoHandler.newFactory();
        }

        @Override
        public Class<? extends ServerChannel> channel() {
            return IoUringServerSocketChannel.class;
        }
    },
    /** The JDK's selectors, everywhere. */
    NIO {
        @Override
        Optional<Throwable> obstacle() {
            return Optional.empty();
        }

        @Override
        public IoHandlerFactory handlers() {
            return NioIoHandler.newFactory();
        }

        @Override
        public Class<? extends ServerChannel> channel() {
            return NioServerSocketChannel.class;
        }
    };

    /** Why it cannot be used here, if so. */
    abstract Optional<Throwable> obstacle();

    /** For an event loop group. */
    public abstract IoHandlerFactory handlers();

    /** Of the listening socket. */
    public abstract Class<? extends ServerChannel> channel();

    /** Whether it can be used here. */
    public boolean isAvailable() {
        return obstacle().isEmpty();
    }

    /** Epoll where there is, else the JDK's. */
    public static Transport best() {
        return EPOLL.isAvailable() ? EPOLL : NIO;
    }

    /**
     * This one, if it can be used here.
     *
     * @throws IllegalStateException with the reason when it cannot
     */
    public Transport require() {
        obstacle().ifPresent(cause -> {
            throw new IllegalStateException("The transport " + name().toLowerCase(Locale.ROOT) + " cannot be used here: "
                    + Optional.ofNullable(cause.getMessage()).orElse(cause.toString()) + ".", cause);
        });
        return this;
    }
}
