package dev.filigree.server.http;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Ticker;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of HTTP/1.1, or one stream of HTTP/2: collects a request, has it answered, writes the answer, and only then looks at the
 * next. Runs on the connection's event loop with automatic reading off. The socket is read again once everything decoded so far is
 * consumed: a client that pipelines, or does not take its answers, is so held back by TCP (by the stream's window in HTTP/2), and the read
 * that stands open while a request is computed shows its departure.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter {
    /** User event: close as soon as nothing is in flight or on its way. */
    static final Object DRAIN = new Object();

    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);
    /**
     * How long the client may take to close after our last answer (closing first, with bytes of it unread, could destroy the answer), and
     * how long a draining server waits for a request on a connection that has none.
     */
    private static final Duration LINGER = Duration.ofSeconds(1);
    /** The longest body that is parsed and tokenized on the event loop: for the usual short text a hand-over would take longer. */
    private static final int INLINE_BYTES = 8 << 10;
    /** About what a stream of HTTP/2 takes of the heap beside its head and its body. */
    private static final int STREAM_BYTES = 4 << 10;

    /** What carries the requests. */
    enum Kind {
        /** A connection of HTTP/1.1 that may become one of HTTP/2. */
        PLAIN,
        /** A connection of HTTP/1.1 under TLS, where the protocol was agreed on beforehand. */
        SECURE,
        /** A stream of HTTP/2, which ends with its one answer. */
        STREAM
    }

    private enum State { WAITING, RECEIVING, COMPUTING, WRITING, LINGERING }

    private final HttpFront front;
    private final Kind kind;
    private final Deque<Object> decoded = new ArrayDeque<>();
    private State state = State.WAITING;
    private Patience patience;
    /** Of the request, if it has one. */
    private Future<?> deadline = ImmediateEventExecutor.INSTANCE.newSucceededFuture(null);
    private HttpRequest head;
    private String id;
    private long received;
    private Optional<Routes.Match> match = Optional.empty();
    /** What the head already called for. */
    private Optional<ApiException> refusal = Optional.empty();
    private ByteArrayOutputStream body;
    private int bodyBytes;
    /** What the body takes of the budget, as long as there is a request. */
    private Optional<BodyBudget.Share> share = Optional.empty();
    /** Counts the requests of this connection, to know late news of earlier ones. */
    private long exchange;
    private Pending pending = Pending.NOTHING;
    /** Whether {@link #advance} is at work further up the stack: an answer that comes at once must not call it again. */
    private boolean advancing;

    /** Answers requests. */
    HttpConnection(HttpFront front, Kind kind) {
        this.front = front;
        this.kind = kind;
    }

    /** On a connection whose protocol had to be found out first, this comes after {@link #channelActive} had come. */
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        patience = new Patience(context.executor(), Ticker.systemTicker(), () -> outOfPatience(context));
        context.channel().config().setAutoRead(false);
        if (context.channel().isActive()) {
            channelActive(context);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        enter(State.WAITING);
        context.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpObject) {
            decoded.add(message);
            advance(context);
        } else {
            // Frames of HTTP/2 that say nothing of requests.
            ReferenceCountUtil.release(message);
        }
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
        if (advancing) {
            return;
        }
        advancing = true;
        while (!decoded.isEmpty() && state != State.COMPUTING && state != State.WRITING) {
            switch (state) {
                case WAITING -> begin(context, (HttpRequest) decoded.poll());
                case RECEIVING -> receive(context, (HttpContent) decoded.poll());
                default -> ReferenceCountUtil.release(decoded.poll());
            }
        }
        advancing = false;
    }

    private void begin(ChannelHandlerContext context, HttpRequest request) {
        received = System.nanoTime();
        head = request;
        id = RequestId.of(head.headers());
        match = Optional.empty();
        refusal = Optional.empty();
        body = new ByteArrayOutputStream();
        bodyBytes = 0;
        share = Optional.of(front.bodies().share());
        boolean isWhole = request instanceof LastHttpContent;
        // A connection of HTTP/2 has many streams, and what they wait for may never come.
        boolean hasRoom = kind != Kind.STREAM || isWhole || share.orElseThrow().grow(STREAM_BYTES + RequestHead.length(head));
        enter(State.RECEIVING);
        try {
            check();
            if (!hasRoom) {
                throw ApiException.OVERLOADED;
            }
            if (HttpUtil.is100ContinueExpected(head)) {
                context.writeAndFlush(
                        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
            }
        } catch (ApiException e) {
            refusal = Optional.of(e);
            if (!isWhole && hasBody() && (e != ApiException.OVERLOADED || !hasRoom)) {
                answer(context, error(e), false);
            }
            // Otherwise the request is read to its end first, and the connection stays good for another: clients that would have to
            // connect again are the last thing that an overloaded server needs.
        }
        if (isWhole) {
            receive(context, (HttpContent) request);
        }
    }

    private boolean hasBody() {
        return head.decoderResult().isFailure()
                || HttpUtil.isTransferEncodingChunked(head)
                || HttpUtil.getContentLength(head, 0L) > 0;
    }

    /** Every refusal that the head calls for. */
    private void check() {
        RequestHead.check(head);
        Routes.Match found = front.routes().find(head.method(), head.uri());
        match = Optional.of(found);
        front.guard().check(found.route(), head.headers());
        RequestHead.checkBody(head, found.route(), front.limits().bodyBytes());
        if (!HttpUtil.is100ContinueExpected(head)) {
            // Who asks for leave to send a body may have heard the answer before sending it, so that its end could not be found.
            found.route().admission().run();
        }
    }

    private void receive(ChannelHandlerContext context, HttpContent content) {
        try {
            bodyBytes += content.content().readableBytes();
            if (content.decoderResult().isFailure()) {
                answer(context, error(RequestHead.malformed(content.decoderResult().cause())), false);
            } else if (bodyBytes > front.limits().bodyBytes()) {
                answer(context, error(RequestHead.tooLarge(front.limits().bodyBytes())), false);
            } else {
                if (refusal.isEmpty()) {
                    keep(content);
                }
                if (content instanceof LastHttpContent) {
                    dispatch(context);
                }
            }
        } finally {
            content.release();
        }
    }

    /** Adds a piece to the body. Where there is no room for it, the rest of the request is only read out, as when the queue is full. */
    private void keep(HttpContent content) {
        if (share.orElseThrow().grow(content.content().readableBytes())) {
            body.writeBytes(ByteBufUtil.getBytes(content.content()));
        } else {
            refusal = Optional.of(ApiException.OVERLOADED);
            dropBody();
        }
    }

    private void dropBody() {
        body = new ByteArrayOutputStream(0);
        share.ifPresent(BodyBudget.Share::letGo);
        share = Optional.empty();
    }

    private void dispatch(ChannelHandlerContext context) {
        byte[] whole = body.toByteArray();
        if (kind == Kind.PLAIN && bodyBytes == 0 && Http2Upgrade.isAsked(head) && Http2Upgrade.perform(context, head, front)) {
            return;
        }
        // A waiting request, and an idle connection, keep no second copy.
        body = new ByteArrayOutputStream(0);
        if (refusal.isPresent()) {
            answer(context, error(refusal.get()), true);
            return;
        }
        try {
            Routes.Match found = match.orElseThrow();
            Optional<Duration> timeout = RequestTimeout.of(head);
            OptionalLong latest = timeout.isPresent() ? OptionalLong.of(received + timeout.get().toNanos()) : OptionalLong.empty();
            // A stream is one of many on its connection.
            boolean alone = kind != Kind.STREAM && EventLoops.servesOne(context.channel().eventLoop());
            Request request = new Request(
                    head.method(), found.variables(), head.headers(), whole, id, received, latest, alone && isShort(whole));
            ask(context, found.route().endpoint(), request);
            latest.ifPresent(moment -> expireAt(context, moment));
        } catch (ApiException e) {
            answer(context, error(e), true);
        }
    }

    private void expireAt(ChannelHandlerContext context, long latest) {
        if (state == State.COMPUTING) {
            deadline = context.executor().schedule(() -> pending.expire(), latest - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }

    private void ask(ChannelHandlerContext context, Endpoint endpoint, Request request) {
        long asked = ++exchange;
        enter(State.COMPUTING);
        if (isShort(request.body())) {
            prepare(context, asked, endpoint, request);
        } else {
            // A client that leaves does not take its body out of the queue.
            BodyBudget.Share held = share.orElseThrow();
            held.hold();
            try {
                front.preparation().execute(() -> {
                    prepare(context, asked, endpoint, request);
                    held.letGo();
                });
            } catch (RejectedExecutionException e) {
                held.letGo();
                throw ApiException.OVERLOADED;
            }
        }
    }

    private static boolean isShort(byte[] body) {
        return body.length <= INLINE_BYTES;
    }

    private void prepare(ChannelHandlerContext context, long asked, Endpoint endpoint, Request request) {
        if (!context.channel().isActive()) {
            return;
        }
        Consumer<Answer> done = answer -> inLoop(context, () -> computed(context, asked, answer));
        try {
            Pending begun = endpoint.answer(request, done);
            inLoop(context, () -> {
                if (!context.channel().isActive()) {
                    begun.cancel();
                } else if (asked == exchange && state == State.COMPUTING) {
                    pending = begun;
                }
            });
        } catch (ApiException e) {
            done.accept(error(e));
        } catch (RuntimeException | Error e) {
            LOG.error("Request {} failed.", request.id(), e);
            done.accept(error(ApiException.internal()));
        }
    }

    private static void inLoop(ChannelHandlerContext context, Runnable action) {
        if (context.executor().inEventLoop()) {
            action.run();
        } else {
            context.executor().execute(action);
        }
    }

    private void computed(ChannelHandlerContext context, long asked, Answer answer) {
        if (asked == exchange && state == State.COMPUTING) {
            answer(context, answer, true);
            resume(context);
        }
    }

    private Answer error(ApiException e) {
        return match.map(found -> found.route().failure()).orElseGet(() -> front.routes().failure(head.uri())).apply(e);
    }

    /**
     * Writes an answer.
     *
     * @param whole whether the request was read to its end, without which the next cannot be found
     */
    private void answer(ChannelHandlerContext context, Answer answer, boolean whole) {
        boolean stay = whole && kind != Kind.STREAM && HttpUtil.isKeepAlive(head) && !front.draining().getAsBoolean();
        AnswerWriter.Envelope envelope = new AnswerWriter.Envelope(
                id, TraceContext.of(head.headers()), !head.method().equals(HttpMethod.HEAD), connectionHeader(stay));
        pending = Pending.NOTHING;
        dropBody();
        enter(State.WRITING);
        ChannelFuture written = context.writeAndFlush(front.writer().response(answer, envelope));
        observe(answer);
        if (written.isDone()) {
            written(context, written, stay, whole);
        } else {
            written.addListener((ChannelFutureListener) done -> {
                written(context, done, stay, whole);
                resume(context);
            });
        }
    }

    /** What HTTP/1 must be told: each of its versions has a habit of its own. HTTP/2 says it in other ways. */
    private Optional<CharSequence> connectionHeader(boolean stay) {
        if (kind == Kind.STREAM) {
            return Optional.empty();
        }
        if (!stay) {
            return Optional.of(HttpHeaderValues.CLOSE);
        }
        return head.protocolVersion().isKeepAliveDefault() ? Optional.empty() : Optional.of(HttpHeaderValues.KEEP_ALIVE);
    }

    /** After the answer was sent, which must not wait for it. */
    private void observe(Answer answer) {
        front.observer().answered(new HttpObserver.Exchange(
                id,
                kind == Kind.STREAM ? "HTTP/2" : head.protocolVersion().text(),
                head.method(),
                head.uri(),
                match.map(found -> found.route().template()).orElse("none"),
                head.headers(),
                bodyBytes,
                answer,
                answer.body().length,
                System.nanoTime() - received));
    }

    private void written(ChannelHandlerContext context, ChannelFuture done, boolean stay, boolean whole) {
        if (!done.isSuccess()) {
            context.close();
        } else if (stay) {
            enter(State.WAITING);
        } else {
            linger(context, whole);
        }
    }

    private void linger(ChannelHandlerContext context, boolean whole) {
        enter(State.LINGERING);
        if (kind != Kind.STREAM) {
            ((DuplexChannel) context.channel()).shutdownOutput();
        } else if (whole) {
            context.close();
        } else {
            // The answer is complete and the rest of the request is not wanted (RFC 9113, 8.1).
            context.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
        }
    }

    private void enter(State next) {
        state = next;
        deadline.cancel(false);
        switch (next) {
            case COMPUTING -> patience.unlimit();
            case LINGERING -> patience.limit(LINGER);
            case RECEIVING -> patience.limit(front.limits().slow());
            default -> patience.limit(front.limits().idle());
        }
    }

    private void outOfPatience(ChannelHandlerContext context) {
        if (state == State.RECEIVING) {
            ApiException slow = new ApiException(
                    HttpResponseStatus.REQUEST_TIMEOUT,
                    "too_slow",
                    "The body did not arrive whole within " + front.limits().slow().toMillis() + " ms.");
            answer(context, error(slow), false);
        } else if (state == State.WAITING && front.draining().getAsBoolean()) {
            linger(context, true);
        } else {
            context.close();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event != DRAIN) {
            context.fireUserEventTriggered(event);
        } else if (state == State.WAITING && kind != Kind.STREAM) {
            // A request may be on its way: closing at once would lose it.
            patience.limit(LINGER);
        }
    }

    /** The client is gone: what it asked is not computed, if that has not begun, and its place in the queue is free at once. */
    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (state == State.COMPUTING) {
            front.observer().departed();
        }
        exchange++;
        pending.cancel();
        end();
    }

    /** The connection goes on in HTTP/2. */
    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        end();
    }

    private void end() {
        state = State.LINGERING;
        dropBody();
        patience.end();
        deadline.cancel(false);
        decoded.forEach(ReferenceCountUtil::release);
        decoded.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (kind == Kind.STREAM && (cause instanceof Http2Exception || cause instanceof DecoderException)) {
            LOG.debug("A request broke the rules of HTTP/2.", cause);
            if (cause instanceof DecoderException) {
                // Other than of its own, the codec does not know of this one.
                context.write(new DefaultHttp2ResetFrame(Http2Error.PROTOCOL_ERROR));
                context.close();
            }
            return;
        }
        if (Pipelines.isOfTheWire(cause)) {
            LOG.debug("A connection broke.", cause);
        } else {
            LOG.error("A connection failed.", cause);
        }
        context.close();
    }
}
