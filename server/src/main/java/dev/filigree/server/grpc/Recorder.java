package dev.filigree.server.grpc;

import com.google.protobuf.MessageLite;
import dev.filigree.server.http.Answer;
import dev.filigree.server.http.HttpObserver;
import dev.filigree.server.http.RequestId;
import dev.filigree.server.http.TraceContext;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Tells an observer of HTTP requests of gRPC calls as well, so that both are in the same metrics and the same log. Thread-safe. */
final class Recorder implements ServerInterceptor {
    private static final Context.Key<Call> CURRENT = Context.key("call");
    private static final Metadata.Key<String> ID = key(RequestId.HEADER);
    private static final Metadata.Key<String> TRACE = key(TraceContext.HEADER);

    private final HttpObserver observer;

    Recorder(HttpObserver observer) {
        this.observer = observer;
    }

    private static Metadata.Key<String> key(String header) {
        return Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER);
    }

    /** The call in whose context this thread is. */
    static Call current() {
        return CURRENT.get();
    }

    /** What is known of a call. */
    final class Call {
        private final long received = System.nanoTime();
        private final AtomicBoolean ended = new AtomicBoolean();
        private final HttpHeaders headers = new DefaultHttpHeaders();
        private final String path;
        private final String id;
        private volatile Optional<String> model = Optional.empty();
        private volatile int requestBytes;
        private volatile int responseBytes;

        private Call(String path, Metadata metadata) {
            this.path = path;
            Optional.ofNullable(metadata.get(ID)).ifPresent(value -> headers.set(RequestId.HEADER, value));
            Optional.ofNullable(metadata.get(TRACE)).ifPresent(value -> headers.set(TraceContext.HEADER, value));
            this.id = RequestId.of(headers);
        }

        /** Names it in the log. */
        String id() {
            return id;
        }

        /** Names the call and its trace in what the client gets first: the headers, or the trailers of a call that failed at once. */
        private void sign(Metadata metadata) {
            metadata.put(ID, id);
            TraceContext.of(headers).ifPresent(trace -> metadata.put(TRACE, trace));
        }

        /** It was answered by this model. */
        void by(String name) {
            model = Optional.of(name);
        }

        private void end(Status status) {
            if (ended.compareAndSet(false, true)) {
                Answer answer = Answer.of(Statuses.http(status), "application/grpc", new byte[0]);
                observer.answered(new HttpObserver.Exchange(id, "gRPC", HttpMethod.POST, path, path, headers, requestBytes,
                        model.map(answer::by).orElse(answer), responseBytes, System.nanoTime() - received));
            }
        }

        private void leave() {
            if (ended.compareAndSet(false, true)) {
                observer.departed();
            }
        }
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (call.getMethodDescriptor().getType() != MethodDescriptor.MethodType.UNARY) {
            // It says nothing of the server how long somebody watches.
            return next.startCall(call, headers);
        }
        Call record = new Call("/" + call.getMethodDescriptor().getFullMethodName(), headers);
        ServerCall<Q, A> watched = new SimpleForwardingServerCall<>(call) {
            private volatile boolean signed;

            @Override
            public void sendHeaders(Metadata metadata) {
                signed = true;
                record.sign(metadata);
                super.sendHeaders(metadata);
            }

            @Override
            public void sendMessage(A message) {
                record.responseBytes = message instanceof MessageLite lite ? lite.getSerializedSize() : 0;
                super.sendMessage(message);
            }

            @Override
            public void close(Status status, Metadata trailers) {
                if (!signed) {
                    record.sign(trailers);
                }
                record.end(status);
                super.close(status, trailers);
            }
        };
        ServerCall.Listener<Q> listener = Contexts.interceptCall(Context.current().withValue(CURRENT, record), watched, headers, next);
        return new SimpleForwardingServerCallListener<>(listener) {
            @Override
            public void onMessage(Q message) {
                record.requestBytes = message instanceof ReceivedMessage<?> received ? received.length() : 0;
                super.onMessage(message);
            }

            @Override
            public void onCancel() {
                super.onCancel();
                record.leave();
            }
        };
    }
}
