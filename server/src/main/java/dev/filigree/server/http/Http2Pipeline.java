package dev.filigree.server.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of HTTP/2 (RFC 9113): each of its streams is a channel with an {@link HttpConnection} of its own. Floods of resets, empty
 * frames and continuations are stopped by Netty's codec, with its default limits.
 */
final class Http2Pipeline {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Pipeline.class);
    /** Requests of one connection at a time. */
    private static final int STREAMS = 100;

    private final HttpFront front;

    Http2Pipeline(HttpFront front) {
        this.front = front;
    }

    Http2FrameCodec codec() {
        return Http2FrameCodecBuilder.forServer()
                .initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(STREAMS)
                        .maxHeaderListSize(front.limits().headerBytes()))
                .gracefulShutdownTimeoutMillis(front.limits().drain().toMillis())
                .build();
    }

    /** What follows the codec in the pipeline. */
    ChannelHandler[] handlers(Http2FrameCodec codec) {
        return new ChannelHandler[] {
            new Http2MultiplexHandler(new StreamPipeline()),
            new IdleStateHandler(0, 0, front.limits().idle().toMillis(), TimeUnit.MILLISECONDS),
            new Connection(codec)
        };
    }

    private final class StreamPipeline extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel stream) {
            stream.pipeline()
                    .addLast(new PseudoFieldCheck())
                    .addLast(new Http2StreamFrameToHttpObjectCodec(true))
                    .addLast(new HttpConnection(front, HttpConnection.Kind.STREAM));
        }
    }

    /** What concerns no single stream. */
    private static final class Connection extends ChannelInboundHandlerAdapter {
        private final Http2FrameCodec codec;

        private Connection(Http2FrameCodec codec) {
            this.codec = codec;
        }

        /** The windows of the streams hold a client back, and the codec must see what is not of a stream. */
        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(true);
        }

        /** Settings, pings and the like, which the codec has dealt with. */
        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            ReferenceCountUtil.release(frame);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            boolean isIdle = event instanceof IdleStateEvent && codec.connection().numActiveStreams() == 0;
            if (isIdle || event == HttpConnection.DRAIN) {
                // Says GOAWAY and waits for the streams there are.
                context.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof Http2Exception) {
                // The codec tells the client and closes.
                LOG.debug("A client broke the rules of HTTP/2.", cause);
                return;
            }
            if (!Pipelines.isOfTheWire(cause)) {
                LOG.error("A connection failed.", cause);
            }
            context.close();
        }
    }
}
