package dev.filigree.server.grpc;

import dev.filigree.server.http.ApiException;
import dev.filigree.server.http.BodyBudget;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * What the messages of a call take of the budget of bodies, from their first byte until the call has ended. gRPC tells a tracer of each
 * piece that it puts aside for a message. Where there is no room for one, the tracer throws, and gRPC ends the call and frees what it had,
 * as with a message that is too long. But for {@link #letGo}, for the event loop of the connection.
 */
final class Arrival extends ServerStreamTracer {
    private static final Context.Key<Arrival> CURRENT = Context.key("arrival");
    /** About what a piece takes beside its bytes, which may be few, until its message is whole. */
    private static final int PIECE_BYTES = 256;

    private final BodyBudget budget;
    private BodyBudget.Share share;
    private Context.CancellableContext context = Context.ROOT.withCancellation();
    private Consumer<StatusRuntimeException> refusal = _ -> { };
    private boolean unary = true;
    /** Bytes of messages, as they came and as they are once unpacked. */
    private long packed;
    private long unpacked;

    private Arrival(BodyBudget budget) {
        this.budget = budget;
        this.share = budget.share();
    }

    /** One for each call. */
    static Factory tracers(BodyBudget budget) {
        return new Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                return new Arrival(budget);
            }
        };
    }

    /** Of the call in whose context this thread is. */
    static Arrival current() {
        return CURRENT.get();
    }

    /** Has a call that finds no room closed by this, which can tell its client more than gRPC itself. */
    void orElse(Consumer<StatusRuntimeException> close) {
        refusal = close;
    }

    /** Resets the stream of the call, which gRPC does when its time is up and not otherwise. */
    void cut() {
        context.cancel(new TimeoutException());
    }

    /** Somebody keeps the message, whatever becomes of the call. */
    void hold() {
        share.hold();
    }

    /** Who has held it lets it go. On any thread. */
    void letGo() {
        share.letGo();
    }

    @Override
    public Context filterContext(Context outer) {
        context = outer.withValue(CURRENT, this).withCancellation();
        return context;
    }

    @Override
    public void serverCallStarted(ServerCallInfo<?, ?> call) {
        unary = call.getMethodDescriptor().getType() == MethodDescriptor.MethodType.UNARY;
    }

    @Override
    public void inboundWireSize(long bytes) {
        packed += bytes;
        if (!share.grow((int) bytes + PIECE_BYTES)) {
            StatusRuntimeException full = Statuses.of(ApiException.OVERLOADED);
            refusal.accept(full);
            throw full;
        }
    }

    /** Before it is unpacked a message is in the share already; what it then has more is not. */
    @Override
    public void inboundUncompressedSize(long bytes) {
        long before = Math.max(packed, unpacked);
        unpacked += bytes;
        long more = Math.max(packed, unpacked) - before;
        if (more > 0 && !share.grow((int) more)) {
            throw Statuses.of(ApiException.OVERLOADED);
        }
    }

    /** Of a call of many messages none is kept: the next takes the place of this one. */
    @Override
    public void inboundMessageRead(int number, long packedBytes, long unpackedBytes) {
        if (!unary) {
            share.letGo();
            share = budget.share();
            packed = 0;
            unpacked = 0;
        }
    }

    @Override
    public void streamClosed(Status status) {
        share.letGo();
    }
}
