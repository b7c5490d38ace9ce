package dev.filigree.server.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpScheme;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2ServerUpgradeCodec;
import io.netty.handler.codec.http2.HttpConversionUtil;

/**
 * The way from HTTP/1.1 to HTTP/2 on a connection without TLS (RFC 7540, 3.2). Only a request without a body takes it; a server is free to
 * answer the others as if they had not asked.
 */
final class Http2Upgrade {
    private Http2Upgrade() {}

    /** Whether a request without a body asks for it. */
    static boolean isAsked(HttpRequest head) {
        return head.headers().containsValue(HttpHeaderNames.UPGRADE, Http2CodecUtil.HTTP_UPGRADE_PROTOCOL_NAME, true)
                && head.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                && head.headers().contains(Http2CodecUtil.HTTP_UPGRADE_SETTINGS_HEADER);
    }

    /**
     * Answers 101, takes HTTP/1.1 out of the pipeline, and hands the request to the first stream of HTTP/2.
     *
     * @param context of the {@link HttpConnection}
     * @return whether that was possible; otherwise nothing was done
     */
    static boolean perform(ChannelHandlerContext context, HttpRequest head, HttpFront front) {
        Http2Pipeline http2 = new Http2Pipeline(front);
        Http2FrameCodec codec = http2.codec();
        Http2ServerUpgradeCodec upgrade = new Http2ServerUpgradeCodec(codec, http2.handlers(codec));
        FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, head.method(), head.uri(), Unpooled.EMPTY_BUFFER);
        request.headers().set(head.headers());
        FullHttpResponse switching =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS, Unpooled.EMPTY_BUFFER);
        if (!upgrade.prepareUpgradeResponse(context, request, switching.headers())) {
            return false;
        }
        switching.headers()
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.UPGRADE, Http2CodecUtil.HTTP_UPGRADE_PROTOCOL_NAME);
        context.writeAndFlush(switching);
        ChannelPipeline pipeline = context.pipeline();
        Pipelines.removeCodec(pipeline);
        upgrade.upgradeTo(context, request);
        pipeline.remove(HttpConnection.class);
        request.headers().set(HttpConversionUtil.ExtensionHeaderNames.SCHEME.text(), HttpScheme.HTTP.name());
        try {
            codec.decoder().frameListener().onHeadersRead(
                    pipeline.context(codec),
                    Http2CodecUtil.HTTP_UPGRADE_STREAM_ID,
                    HttpConversionUtil.toHttp2Headers(request, true),
                    0,
                    true);
        } catch (Http2Exception e) {
            pipeline.fireExceptionCaught(e);
        }
        return true;
    }
}
