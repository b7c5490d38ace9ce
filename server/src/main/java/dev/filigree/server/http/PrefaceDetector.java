package dev.filigree.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import java.util.List;

/**
 * Looks at the first bytes of a connection and has it speak HTTP/2 if they are that protocol's preface (prior knowledge, RFC 9113, 3.3).
 * Otherwise it leaves the pipeline as it is.
 */
final class PrefaceDetector extends ByteToMessageDecoder {
    private final Runnable toHttp2;

    PrefaceDetector(Runnable toHttp2) {
        this.toHttp2 = toHttp2;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        ByteBuf preface = Http2CodecUtil.connectionPrefaceBuf();
        try {
            int length = Math.min(in.readableBytes(), preface.readableBytes());
            boolean matches = ByteBufUtil.equals(in, in.readerIndex(), preface, 0, length);
            if (matches && length == preface.readableBytes()) {
                toHttp2.run();
            }
            if (!matches || length == preface.readableBytes()) {
                // What has been read goes on to the next handler.
                context.pipeline().remove(this);
            }
        } finally {
            preface.release();
        }
    }
}
