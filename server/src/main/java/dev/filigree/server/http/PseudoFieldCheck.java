package dev.filigree.server.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;

/**
 * Resets a stream whose request lacks a method, a scheme or a path (RFC 9113, 8.3.1). Netty's conversion to HTTP/1.1 lets a scheme be
 * missing, and loses a buffer over the other two.
 */
final class PseudoFieldCheck extends ChannelInboundHandlerAdapter {
    private boolean begun;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!begun && message instanceof Http2HeadersFrame frame && !isComplete(frame.headers())) {
            ReferenceCountUtil.release(message);
            context.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.PROTOCOL_ERROR));
            context.close();
        } else {
            begun = true;
            context.fireChannelRead(message);
        }
    }

    private static boolean isComplete(Http2Headers headers) {
        return isThere(headers.method()) && isThere(headers.scheme()) && isThere(headers.path());
    }

    private static boolean isThere(CharSequence value) {
        return value != null && !value.isEmpty();
    }
}
