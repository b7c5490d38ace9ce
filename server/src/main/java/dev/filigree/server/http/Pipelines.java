package dev.filigree.server.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;

/** Sets up the connections that a server accepts. */
public final class Pipelines extends ChannelInitializer<SocketChannel> {
    private final HttpFront front;
    private final ChannelGroup connections;

    /**
     * Sets up connections.
     *
     * @param connections where they are kept as long as they are open
     */
    public Pipelines(HttpFront front, ChannelGroup connections) {
        this.front = front;
        this.connections = connections;
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
        channel.pipeline()
                // Not HttpServerCodec: it breaks off when one read holds more than 128 pipelined requests.
                .addLast(new HttpRequestDecoder(strictDecoding()))
                .addLast(new HttpResponseEncoder())
                .addLast(new HttpConnection(front, false));
    }

    /** Has a connection closed as soon as nothing of it is in flight. */
    public static void drain(Channel connection) {
        connection.pipeline().fireUserEventTriggered(HttpConnection.DRAIN);
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
}
