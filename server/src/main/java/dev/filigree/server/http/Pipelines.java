package dev.filigree.server.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets up the connections that a server accepts: HTTP/1.1; HTTP/2 by ALPN under TLS, and without TLS by its preface or by an upgrade.
 */
public final class Pipelines extends ChannelInitializer<SocketChannel> {
    private static final Logger LOG = LoggerFactory.getLogger(Pipelines.class);

    private final HttpFront front;
    private final Optional<Tls> tls;
    private final ChannelGroup connections;

    /**
     * Sets up connections.
     *
     * @param connections where they are kept as long as they are open
     */
    public Pipelines(HttpFront front, Optional<Tls> tls, ChannelGroup connections) {
        this.front = front;
        this.tls = tls;
        this.connections = connections;
    }

    /** Has a connection closed as soon as nothing of it is in flight. */
    public static void drain(Channel connection) {
        connection.pipeline().fireUserEventTriggered(HttpConnection.DRAIN);
    }

    @Override
    protected void initChannel(SocketChannel channel) {
        if (connections.size() >= front.limits().connections()) {
            front.observer().turnedAway();
            channel.close();
            return;
        }
        connections.add(channel);
        front.observer().opened();
        channel.closeFuture().addListener(_ -> front.observer().closed());
        if (tls.isPresent()) {
            SslHandler handler = tls.get().handler(channel.alloc());
            handler.setHandshakeTimeoutMillis(front.limits().slow().toMillis());
            channel.pipeline().addLast(handler).addLast(new Negotiation());
        } else {
            channel.pipeline().addLast(new PrefaceDetector(() -> {
                removeCodec(channel.pipeline());
                channel.pipeline().remove(HttpConnection.class);
                toHttp2(channel.pipeline());
            }));
            http1(channel.pipeline(), true);
        }
    }

    private void http1(ChannelPipeline pipeline, boolean upgradable) {
        // Not HttpServerCodec: it breaks off when one read holds more than 128 pipelined requests.
        pipeline.addLast(new HttpRequestDecoder(strictDecoding()))
                .addLast(new HttpResponseEncoder())
                .addLast(new HttpConnection(front, upgradable ? HttpConnection.Kind.PLAIN : HttpConnection.Kind.SECURE));
    }

    private void toHttp2(ChannelPipeline pipeline) {
        Http2Pipeline http2 = new Http2Pipeline(front);
        Http2FrameCodec codec = http2.codec();
        pipeline.addLast(codec).addLast(http2.handlers(codec));
    }

    /** Takes the codec of HTTP/1.1 out; the encoder first, which would refuse the frames of HTTP/2. */
    static void removeCodec(ChannelPipeline pipeline) {
        pipeline.remove(HttpResponseEncoder.class);
        pipeline.remove(HttpRequestDecoder.class);
    }

    /** Whether a connection broke or what came over it was no TLS: nothing that the server could have done better, or should log. */
    static boolean isOfTheWire(Throwable cause) {
        return cause instanceof IOException || cause.getCause() instanceof SSLException;
    }

    /** Strictness is said aloud although it is Netty's default: it keeps a request from being read in two ways. */
    private HttpDecoderConfig strictDecoding() {
        return new HttpDecoderConfig()
                .setMaxInitialLineLength(front.limits().headerBytes() / 2)
                .setMaxHeaderSize(front.limits().headerBytes())
                .setAllowDuplicateContentLengths(false)
                .setUseRfc9112TransferEncoding(true)
                .setStrictLineParsing(true);
    }

    private final class Negotiation extends ApplicationProtocolNegotiationHandler {
        private Negotiation() {
            super(ApplicationProtocolNames.HTTP_1_1);
        }

        @Override
        protected void configurePipeline(ChannelHandlerContext context, String protocol) {
            if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                toHttp2(context.pipeline());
            } else {
                http1(context.pipeline(), false);
            }
        }

        /** Nobody has asked anything on a connection before its handshake is done, and that may take as long as the client likes. */
        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
            if (event == HttpConnection.DRAIN) {
                context.close();
            } else {
                super.userEventTriggered(context, event);
            }
        }

        /** A client that speaks no TLS, or none of ours, is no fault of the server. */
        @Override
        protected void handshakeFailure(ChannelHandlerContext context, Throwable cause) {
            LOG.debug("A TLS handshake failed.", cause);
            context.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (isOfTheWire(cause)) {
                LOG.debug("A TLS connection broke.", cause);
            } else {
                LOG.error("A TLS connection failed.", cause);
            }
            context.close();
        }
    }
}
