package dev.filigree.server.grpc;

import dev.filigree.server.http.HttpObserver;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.atomic.AtomicInteger;

/** Closes connections that are too many as soon as they are accepted. In the pipeline of the channel that listens. */
final class ConnectionLimit extends ChannelInboundHandlerAdapter {
    private final int most;
    private final HttpObserver observer;
    private final AtomicInteger open = new AtomicInteger();

    ConnectionLimit(int most, HttpObserver observer) {
        this.most = most;
        this.observer = observer;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Channel accepted = (Channel) message;
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            observer.turnedAway();
            accepted.unsafe().closeForcibly();
            return;
        }
        observer.opened();
        accepted.closeFuture().addListener(_ -> {
            open.decrementAndGet();
            observer.closed();
        });
        context.fireChannelRead(message);
    }
}
