package dev.filigree.tests.load.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;

/** A keep-alive connection, with at most one request in flight. Everything happens on its event loop. */
final class Connection extends ChannelInboundHandlerAdapter {
    /** What becomes of a connection; called on the event loop. */
    interface Listener {
        /** It is there and free. */
        void opened(Connection connection);

        /** The request in flight was answered, and the connection is free. */
        void answered(Connection connection, Response response);

        /** It is gone; another one is on its way. */
        void closed(Connection connection);
    }

    private final Listener listener;
    private final boolean keepBodies;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private ChannelHandlerContext context;
    private int status;
    private long due;
    private boolean asking;

    Connection(Listener listener, boolean keepBodies) {
        this.listener = listener;
        this.keepBodies = keepBodies;
    }

    /** Sends a request that was to be sent at a time of {@link System#nanoTime}. */
    void ask(ByteBuf request, long dueAt) {
        due = dueAt;
        asking = true;
        context.writeAndFlush(request, context.voidPromise());
    }

    /** When the request in flight, or the last one, was to be sent. */
    long due() {
        return due;
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        context = active;
        listener.opened(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext active, Object message) {
        try {
            if (message instanceof HttpResponse head) {
                status = head.decoderResult().isSuccess() ? head.status().code() : 0;
            }
            if (message instanceof HttpContent content) {
                receive(content);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void receive(HttpContent content) {
        if (keepBodies) {
            body.writeBytes(ByteBufUtil.getBytes(content.content()));
        }
        if (status == 0 || !asking) {
            // No HTTP, or an answer to nothing: the server is about to close.
            context.close();
        } else if (content instanceof LastHttpContent) {
            Response response = new Response(status, System.nanoTime(), body.toByteArray());
            body.reset();
            asking = false;
            listener.answered(this, response);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext active) {
        listener.closed(this);
    }

    /** A broken connection is closed, and counted as such. */
    @Override
    public void exceptionCaught(ChannelHandlerContext active, Throwable cause) {
        active.close();
    }
}
