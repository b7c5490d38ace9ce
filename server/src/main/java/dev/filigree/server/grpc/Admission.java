package dev.filigree.server.grpc;

import dev.filigree.server.config.Limits;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.http.Guard;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;

/**
 * Turns calls away before their message is read: those without the token, and those beyond what the server bears at a time. Calls whose
 * message does not arrive, or whose answer is not taken, are ended. Thread-safe.
 */
final class Admission implements ServerInterceptor {
    /** Calls of one connection at a time; a client holds further ones back. What HTTP/2 recommends at least (RFC 9113, 6.5.2), and some. */
    static final int CALLS_PER_CONNECTION = 128;

    private static final Metadata.Key<String> AUTHORIZATION = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    /** One queue's worth that waits, one that is being tokenized, and as many that arrive or leave. */
    private static final int QUEUES_IN_FLIGHT = 4;

    private final Guard guard;
    private final Set<String> open;
    private final Limits limits;
    private final EventLoopGroup events;
    private final int mostInFlight;
    private final AtomicInteger inFlight = new AtomicInteger();
    /** Counted apart, so that a server under load does not look dead. */
    private final AtomicInteger openInFlight = new AtomicInteger();
    private final Set<Lasting<?>> streams = ConcurrentHashMap.newKeySet();
    private volatile boolean ending;

    /**
     * Admits calls.
     *
     * @param guard who may call
     * @param open full names of methods that anybody may call
     * @param events on whose threads calls run
     */
    Admission(Guard guard, Set<String> open, Limits limits, EventLoopGroup events) {
        this.guard = guard;
        this.open = open;
        this.limits = limits;
        this.events = events;
        this.mostInFlight = Math.max(CALLS_PER_CONNECTION, Math.multiplyExact(QUEUES_IN_FLIGHT, limits.queuedRequests()));
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        boolean isOpen = open.contains(call.getMethodDescriptor().getFullMethodName());
        if (!isOpen && !guard.admits(headers.get(AUTHORIZATION))) {
            return refuse(call, Statuses.of(ApiException.unauthorized("This server wants the metadata 'authorization: Bearer TOKEN'.")));
        }
        if (call.getMethodDescriptor().getType() != MethodDescriptor.MethodType.UNARY) {
            Lasting<Q> lasting = new Lasting<>(call, next.startCall(call, headers));
            streams.add(lasting);
            if (ending) {
                lasting.giveUp();
            }
            return lasting;
        }
        AtomicInteger count = isOpen ? openInFlight : inFlight;
        if (count.incrementAndGet() > mostInFlight) {
            count.decrementAndGet();
            return refuse(call, Statuses.of(ApiException.OVERLOADED));
        }
        Unary<Q, A> unary = new Unary<>(call);
        return unary.listener(next.startCall(unary, headers), count);
    }

    private static <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, StatusRuntimeException status) {
        call.close(status.getStatus(), status.getTrailers());
        return new ServerCall.Listener<>() {};
    }

    /** A call of one message, which has to find room, to arrive in time, and to have its answer taken in time. */
    private final class Unary<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final Arrival arrival = Arrival.current();
        private final EventExecutor loop = here();
        /** With the message, later with who takes the answer; guarded by this. */
        private Future<?> patience;
        /** Whether the call is over; guarded by this. */
        private boolean left;
        /** Whether it was ended before its message was there; for the event loop. */
        private boolean ended;

        private Unary(ServerCall<Q, A> call) {
            super(call);
            patience = loop.schedule(this::giveUp, limits.slow().toNanos(), TimeUnit.NANOSECONDS);
            arrival.orElse(full -> end(full.getStatus(), full.getTrailers()));
        }

        private void giveUp() {
            end(Status.DEADLINE_EXCEEDED.withDescription(
                    "The request did not arrive whole within " + limits.slow().toMillis() + " ms."), new Metadata());
        }

        private void end(Status status, Metadata trailers) {
            if (!ended) {
                ended = true;
                close(status, trailers);
            }
        }

        /** On any thread. A client that takes no answers would else keep its place for as long as it likes. */
        @Override
        public void close(Status status, Metadata trailers) {
            awaitTaking();
            super.close(status, trailers);
        }

        /** A worker's answer may come when its client has left: there is nothing to wait for then, and a timer would keep the call. */
        private synchronized void awaitTaking() {
            patience.cancel(false);
            if (!left) {
                patience = loop.schedule(arrival::cut, limits.idle().toNanos(), TimeUnit.NANOSECONDS);
            }
        }

        private synchronized void stopWaiting() {
            patience.cancel(false);
        }

        private synchronized void stopWaitingForGood() {
            left = true;
            stopWaiting();
        }

        private ServerCall.Listener<Q> listener(ServerCall.Listener<Q> listener, AtomicInteger count) {
            return new SimpleForwardingServerCallListener<>(listener) {
                @Override
                public void onHalfClose() {
                    if (!ended) {
                        stopWaiting();
                        super.onHalfClose();
                    }
                }

                @Override
                public void onCancel() {
                    leave();
                    super.onCancel();
                }

                @Override
                public void onComplete() {
                    leave();
                    super.onComplete();
                }

                private void leave() {
                    stopWaitingForGood();
                    count.decrementAndGet();
                }
            };
        }
    }

    /** Ends the calls of many messages, which would last as long as their clients like. */
    void endStreams() {
        ending = true;
        streams.forEach(Lasting::giveUp);
    }

    /** A call of many messages. */
    private final class Lasting<Q> extends SimpleForwardingServerCallListener<Q> {
        private final ServerCall<Q, ?> call;
        private final EventExecutor loop = here();

        private Lasting(ServerCall<Q, ?> call, ServerCall.Listener<Q> listener) {
            super(listener);
            this.call = call;
        }

        private void giveUp() {
            loop.execute(() -> {
                if (streams.remove(this)) {
                    call.close(Status.UNAVAILABLE.withDescription("This server is stopping."), new Metadata());
                }
            });
        }

        @Override
        public void onCancel() {
            streams.remove(this);
            super.onCancel();
        }

        @Override
        public void onComplete() {
            streams.remove(this);
            super.onComplete();
        }
    }

    /** The event loop this thread is. */
    private EventExecutor here() {
        return StreamSupport.stream(events.spliterator(), false).filter(EventExecutor::inEventLoop).findFirst().orElseThrow();
    }
}
