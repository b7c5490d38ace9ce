package dev.filigree.server;

import dev.filigree.server.batch.Ticket;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: collects a request, has it answered, writes the answer, and only then looks at the next. Runs on the connection's
 * event loop with automatic reading off. The socket is read again once everything decoded so far is consumed: a client that pipelines,
 * or does not take its answers, is so held back by TCP, and the read that stands open while a request is computed shows its departure.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter {
    /** User event: close as soon as nothing is in flight. */
    static final Object DRAIN = new Object();

    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);
    /** How long the client may take to close after our last answer. Closing first, with bytes of it unread, could destroy the answer. */
    private static final Duration LINGER = Duration.ofSeconds(1);
    /** The longest body that is parsed and tokenized on the event loop: for the usual short text a hand-over would take longer. */
    private static final int INLINE_BYTES = 8 << 10;

    private enum State { WAITING, RECEIVING, COMPUTING, WRITING, LINGERING }

    private final ClassifyService service;
    private final Executor preparation;
    private final Limits limits;
    private final BooleanSupplier draining;
    private final Deque<Object> decoded = new ArrayDeque<>();
    private State state = State.WAITING;
    private Future<?> deadline = ImmediateEventExecutor.INSTANCE.newSucceededFuture(null);
    private HttpRequest head;
    private ByteArrayOutputStream body;
    /** Counts the requests of this connection, to know late news of earlier ones. */
    private long exchange;
    private Optional<Ticket> ticket = Optional.empty();

    /**
     * Answers requests.
     *
     * @param preparation parses and tokenizes bodies that would keep an event loop too long
     */
    HttpConnection(ClassifyService service, Executor preparation, Limits limits, BooleanSupplier draining) {
        this.service = service;
        this.preparation = preparation;
        this.limits = limits;
        this.draining = draining;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        enter(context, State.WAITING);
        context.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        decoded.add(message);
        advance(context);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (decoded.isEmpty()) {
            context.read();
        }
    }

    private void resume(ChannelHandlerContext context) {
        advance(context);
        channelReadComplete(context);
    }

    /** Consumes what was decoded, up to where an answer must go out first. */
    private void advance(ChannelHandlerContext context) {
        while (!decoded.isEmpty()) {
            switch (state) {
                case WAITING -> begin(context, (HttpRequest) decoded.poll());
                case RECEIVING -> receive(context, (HttpContent) decoded.poll());
                case COMPUTING, WRITING -> {
                    return;
                }
                case LINGERING -> ReferenceCountUtil.release(decoded.poll());
            }
        }
    }

    private void begin(ChannelHandlerContext context, HttpRequest request) {
        head = request;
        body = new ByteArrayOutputStream();
        enter(context, State.RECEIVING);
        try {
            Route.of(head, limits.bodyBytes());
            if (HttpUtil.is100ContinueExpected(head)) {
                context.writeAndFlush(
                        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
            }
        } catch (ApiException e) {
            if (head.decoderResult().isFailure()
                    || HttpUtil.isTransferEncodingChunked(head)
                    || HttpUtil.getContentLength(head, 0L) > 0) {
                answer(context, Answer.error(e), false);
            }
            // Otherwise only the end of the request is still to come, and the connection stays good for another.
        }
    }

    private void receive(ChannelHandlerContext context, HttpContent content) {
        try {
            if (content.decoderResult().isFailure()) {
                answer(context, Answer.error(Route.malformed(content.decoderResult().cause())), false);
            } else if (body.size() + content.content().readableBytes() > limits.bodyBytes()) {
                answer(context, Answer.error(Route.tooLarge(limits.bodyBytes())), false);
            } else {
                body.writeBytes(ByteBufUtil.getBytes(content.content()));
                if (content instanceof LastHttpContent) {
                    dispatch(context);
                }
            }
        } finally {
            content.release();
        }
    }

    private void dispatch(ChannelHandlerContext context) {
        byte[] received = body.toByteArray();
        // A waiting request, and an idle connection, keep no second copy.
        body = new ByteArrayOutputStream(0);
        try {
            switch (Route.of(head, limits.bodyBytes())) {
                case LIVE -> answer(context, Answer.health(HttpResponseStatus.OK, "live"), true);
                case READY -> answer(context, draining.getAsBoolean()
                        ? Answer.health(HttpResponseStatus.SERVICE_UNAVAILABLE, "draining")
                        : Answer.health(HttpResponseStatus.OK, "ready"), true);
                case CLASSIFY -> classify(context, received);
            }
        } catch (ApiException e) {
            answer(context, Answer.error(e), true);
        }
    }

    private void classify(ChannelHandlerContext context, byte[] request) {
        Optional<Duration> timeout = RequestTimeout.of(head);
        OptionalLong latest = timeout.isPresent() ? OptionalLong.of(System.nanoTime() + timeout.get().toNanos()) : OptionalLong.empty();
        long asked = ++exchange;
        Consumer<Answer> done = answer -> context.executor().execute(() -> computed(context, asked, answer));
        enter(context, State.COMPUTING);
        Executor where = request.length <= INLINE_BYTES ? Runnable::run : preparation;
        try {
            where.execute(() -> prepare(context, asked, request, latest, done));
        } catch (RejectedExecutionException e) {
            throw ApiException.overloaded();
        }
        timeout.ifPresent(after ->
                deadline = context.executor().schedule(() -> ticket.ifPresent(Ticket::expire), after.toNanos(), TimeUnit.NANOSECONDS));
    }

    private void prepare(ChannelHandlerContext context, long asked, byte[] request, OptionalLong latest, Consumer<Answer> done) {
        if (!context.channel().isActive()) {
            return;
        }
        try {
            Ticket taken = service.ask(request, latest, done);
            context.executor().execute(() -> {
                if (!context.channel().isActive()) {
                    taken.cancel();
                } else if (asked == exchange) {
                    ticket = Optional.of(taken);
                }
            });
        } catch (ApiException e) {
            done.accept(Answer.error(e));
        } catch (RuntimeException | Error e) {
            LOG.error("A request failed.", e);
            done.accept(Answer.error(ApiException.internal()));
        }
    }

    private void computed(ChannelHandlerContext context, long asked, Answer answer) {
        if (asked == exchange && state == State.COMPUTING) {
            answer(context, answer, true);
            resume(context);
        }
    }

    /**
     * Writes an answer.
     *
     * @param whole whether the request was read to its end, without which the next cannot be found
     */
    private void answer(ChannelHandlerContext context, Answer answer, boolean whole) {
        boolean stay = whole && HttpUtil.isKeepAlive(head) && !draining.getAsBoolean();
        FullHttpResponse response = answer.response(!head.method().equals(HttpMethod.HEAD));
        if (!stay) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (!head.protocolVersion().isKeepAliveDefault()) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        ticket = Optional.empty();
        enter(context, State.WRITING);
        ChannelFuture written = context.writeAndFlush(response);
        if (written.isDone()) {
            written(context, written, stay);
        } else {
            written.addListener((ChannelFutureListener) done -> {
                written(context, done, stay);
                resume(context);
            });
        }
    }

    private void written(ChannelHandlerContext context, ChannelFuture done, boolean stay) {
        if (!done.isSuccess()) {
            context.close();
        } else if (stay) {
            enter(context, State.WAITING);
        } else {
            linger(context);
        }
    }

    private void linger(ChannelHandlerContext context) {
        enter(context, State.LINGERING);
        ((DuplexChannel) context.channel()).shutdownOutput();
    }

    private void enter(ChannelHandlerContext context, State next) {
        state = next;
        deadline.cancel(false);
        if (next != State.COMPUTING) {
            Duration longest = next == State.LINGERING ? LINGER : limits.patience();
            deadline = context.executor().schedule(() -> outOfPatience(context), longest.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void outOfPatience(ChannelHandlerContext context) {
        if (state == State.RECEIVING) {
            ApiException slow = new ApiException(
                    HttpResponseStatus.REQUEST_TIMEOUT,
                    "too_slow",
                    "The body did not arrive whole within " + limits.patience().toMillis() + " ms.");
            answer(context, Answer.error(slow), false);
        } else {
            context.close();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event != DRAIN) {
            context.fireUserEventTriggered(event);
        } else if (state == State.WAITING) {
            linger(context);
        }
    }

    /** The client is gone: what it asked is not computed, if that has not begun, and its place in the queue is free at once. */
    @Override
    public void channelInactive(ChannelHandlerContext context) {
        ticket.ifPresent(Ticket::cancel);
        deadline.cancel(false);
        decoded.forEach(ReferenceCountUtil::release);
        decoded.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("A connection broke.", cause);
        } else {
            LOG.error("A connection failed.", cause);
        }
        context.close();
    }
}
