package dev.filigree.tests.load.process;

import dev.filigree.server.http.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server that reads nothing of a request but where it ends, keeps the connection's event loop busy for a given time in place of a model,
 * and answers always the same but for the clock: what the best server could do with this client, these sockets and this machine. When it
 * had read a request and when it wrote the answer stand in the answer, by {@link System#nanoTime}, which processes share on Linux.
 */
public final class BareServer {
    private static final int CLOCK_DIGITS = 19;
    private static final String NO_TIME = "0".repeat(CLOCK_DIGITS);

    private BareServer() {}

    /**
     * Serves until the process is ended.
     *
     * @param arguments how long to be busy, in microseconds
     */
    public static void main(String[] arguments) {
        long busy = Long.parseLong(arguments[0]);
        String body = "{\"timings\": {\"tokenize_us\": 0, \"queue_us\": 0, \"compute_us\": " + busy + ", \"total_us\": " + busy + "},"
                + " \"clock\": {\"read_ns\": \"" + NO_TIME + "\", \"wrote_ns\": \"" + NO_TIME + "\"}}";
        String answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " + body.length() + "\r\n\r\n" + body;
        Transport transport = Transport.best();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, transport.handlers());
        Channel listening = new ServerBootstrap()
                .group(loops)
                .channel(transport.channel())
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Busy(TimeUnit.MICROSECONDS.toNanos(busy), answer));
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
        System.out.println("Serving on http://127.0.0.1:" + ((InetSocketAddress) listening.localAddress()).getPort());
        listening.closeFuture().syncUninterruptibly();
    }

    /**
     * Starts one and waits until it serves.
     *
     * @param busy how long it shall be busy with each request
     * @param java further flags of the JVM
     * @throws IOException when it ends before it serves, with the end of its log
     */
    public static ServerProcess start(Duration busy, List<String> java) throws IOException {
        return ServerProcess.start(BareServer.class, java, List.of(Long.toString(TimeUnit.NANOSECONDS.toMicros(busy.toNanos()))));
    }

    private static final class Busy extends ChannelInboundHandlerAdapter {
        private final long nanos;
        private final ByteBuf answer;
        private final int readAt;
        private final int wroteAt;

        private Busy(long nanos, String answer) {
            this.nanos = nanos;
            this.readAt = answer.indexOf(NO_TIME);
            this.wroteAt = answer.lastIndexOf(NO_TIME);
            this.answer = Unpooled.unreleasableBuffer(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII));
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            // With it ends the body of every POST that is sent here.
            boolean ends = bytes.getByte(bytes.writerIndex() - 1) == '}';
            bytes.release();
            if (ends) {
                long start = System.nanoTime();
                while (System.nanoTime() - start < nanos) {
                    Thread.onSpinWait();
                }
                // One request at a time: the answer before this one has gone.
                put(start, readAt);
                put(System.nanoTime(), wroteAt);
                context.writeAndFlush(answer.duplicate(), context.voidPromise());
            }
        }

        private void put(long nanos, int at) {
            long rest = nanos;
            for (int i = CLOCK_DIGITS - 1; i >= 0; i--) {
                answer.setByte(at + i, (byte) ('0' + rest % 10));
                rest /= 10;
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
