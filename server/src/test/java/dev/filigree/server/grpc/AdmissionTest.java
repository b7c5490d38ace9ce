package dev.filigree.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.server.config.Limits;
import dev.filigree.server.grpc.proto.GRPCInferenceServiceGrpc;
import dev.filigree.server.grpc.proto.ModelInferRequest;
import dev.filigree.server.grpc.proto.ModelInferResponse;
import dev.filigree.server.http.BodyBudget;
import dev.filigree.server.http.Guard;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is left of a call when it is over: no timer, which would keep it until it goes off. */
class AdmissionTest {
    private static final long NO_TIMER = -1;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Admission admission = new Admission(Guard.NONE, Set.of(), Limits.DEFAULT, channel.eventLoop());

    private static final class Call extends ServerCall<ModelInferRequest, ModelInferResponse> {
        @Override
        public void request(int messages) {}

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(ModelInferResponse message) {}

        @Override
        public void close(Status status, Metadata trailers) {}

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public MethodDescriptor<ModelInferRequest, ModelInferResponse> getMethodDescriptor() {
            return GRPCInferenceServiceGrpc.getModelInferMethod();
        }
    }

    private ServerCall.Listener<ModelInferRequest> begin(ServerCallHandler<ModelInferRequest, ModelInferResponse> handler)
            throws Exception {
        ServerStreamTracer arrival = Arrival.tracers(new BodyBudget(Long.MAX_VALUE)).newServerStreamTracer("", new Metadata());
        return arrival.filterContext(Context.ROOT).call(() -> admission.interceptCall(new Call(), new Metadata(), handler));
    }

    /** Nanoseconds until the next timer goes off. */
    private long nextTimer() {
        return channel.runScheduledPendingTasks();
    }

    @Test
    void anAnswerThatIsToBeTakenHasATimerUntilItIs() throws Exception {
        ServerCall.Listener<ModelInferRequest> client = begin((call, _) -> {
            call.close(Status.OK, new Metadata());
            return new ServerCall.Listener<>() {};
        });
        assertThat(nextTimer()).isPositive();
        client.onComplete();
        assertThat(nextTimer()).isEqualTo(NO_TIMER);
    }

    @Test
    void aCallThatIsAnsweredBecauseItsClientLeavesHasNoTimer() throws Exception {
        ServerCall.Listener<ModelInferRequest> client = begin((call, _) -> new ServerCall.Listener<>() {
            @Override
            public void onCancel() {
                call.close(Status.DEADLINE_EXCEEDED, new Metadata());
            }
        });
        client.onCancel();
        assertThat(nextTimer()).isEqualTo(NO_TIMER);
    }
}
