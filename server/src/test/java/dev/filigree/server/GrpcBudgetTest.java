package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.server.config.Limits;
import dev.filigree.server.grpc.proto.GRPCInferenceServiceGrpc;
import dev.filigree.server.grpc.proto.ModelInferRequest;
import dev.filigree.server.grpc.proto.ModelInferResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What messages of gRPC take of the budget of bodies while they arrive and wait, and how long their answers do. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class GrpcBudgetTest {
    private static final int BUDGET = 64 * 1024;
    private static final int LONG = 40 * 1024;
    private static final ModelInferRequest LONG_REQUEST = GrpcClient.request("x".repeat(LONG));
    /** A client that does not wait for the message to send the headers, nor says that there is no other. */
    private static final MethodDescriptor<ModelInferRequest, ModelInferResponse> OPEN_ENDED =
            GRPCInferenceServiceGrpc.getModelInferMethod().toBuilder().setType(MethodDescriptor.MethodType.BIDI_STREAMING).build();
    /** Held here, since its level would be forgotten with it. */
    private static final Logger GRPC = Logger.getLogger("io.grpc");

    @BeforeAll
    static void whatTestsProvokeIsNotWorthALine() {
        GRPC.setLevel(Level.SEVERE);
    }

    private static Served withRoomForOneLongMessage() throws IOException {
        return new Served(Served.limits().bodiesBytes(BUDGET).build(), 1, "echo");
    }

    private static FrameClient begun(Served served) throws IOException {
        return FrameClient.greeted(served.server.grpcAddress().orElseThrow())
                .frame(FrameClient.HEADERS, FrameClient.END_HEADERS, 1, FrameClient.literals(
                        ":method", "POST", ":scheme", "http", ":path", "/inference.GRPCInferenceService/ModelInfer",
                        ":authority", "test", "content-type", "application/grpc", "te", "trailers"));
    }

    /** A message as gRPC frames it. */
    private static byte[] framed(ModelInferRequest message) {
        byte[] bytes = message.toByteArray();
        return ByteBuffer.allocate(5 + bytes.length).put((byte) 0).putInt(bytes.length).put(bytes).array();
    }

    private static void send(FrameClient client, byte[] bytes, int from, int to, int piece) throws IOException {
        for (int at = from; at < to; at += piece) {
            client.frame(FrameClient.DATA, 0, 1, Arrays.copyOfRange(bytes, at, Math.min(to, at + piece)));
        }
    }

    private static void awaitTaken(Served served, long least) throws InterruptedException {
        await(() -> served.server.bodyBytes() >= least);
    }

    private static void awaitNothingTaken(Served served) throws InterruptedException {
        await(() -> served.server.bodyBytes() == 0);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            if (Thread.interrupted()) {
                throw new InterruptedException("It did not come about in time.");
            }
            Thread.yield();
        }
    }

    /** Begins a call, sends its message and leaves it open. */
    private static ClientCall<ModelInferRequest, ModelInferResponse> leftOpen(
            GrpcClient client, ModelInferRequest message, CompletableFuture<Status> end) {
        ClientCall<ModelInferRequest, ModelInferResponse> call = client.channel.newCall(OPEN_ENDED, CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
                end.complete(status);
            }
        }, new Metadata());
        call.sendMessage(message);
        call.request(1);
        return call;
    }

    @Test
    void messagesThatArriveTakeNoMoreThanTheirShare() throws Exception {
        byte[] message = framed(LONG_REQUEST);
        try (Served served = withRoomForOneLongMessage(); FrameClient first = begun(served); GrpcClient second = served.grpc()) {
            send(first, message, 0, LONG, 16 * 1024);
            awaitTaken(served, LONG - 5);
            assertThatThrownBy(() -> second.blocking().modelInfer(LONG_REQUEST))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                        assertThat(e.getTrailers().get(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)))
                                .isEqualTo("1000");
                    });
            assertThat(GrpcClient.labels(second.blocking().modelInfer(GrpcClient.request("short")))).containsExactly("short");
            first.frame(FrameClient.DATA, FrameClient.END_STREAM, 1, Arrays.copyOfRange(message, LONG, message.length));
            assertThat(first.read(FrameClient.DATA)).as("the answer of the first").isPresent();
            awaitNothingTaken(served);
            assertThat(second.blocking().modelInfer(LONG_REQUEST).getOutputsCount()).isEqualTo(4);
            String refused = "filigree_requests_seconds_count{api=\"/inference.GRPCInferenceService/ModelInfer\","
                    + "model=\"none\",status=\"429\"} 1";
            assertThat(served.exchange(RawClient.get("/metrics")).body()).contains(refused)
                    .contains("filigree_rejected_total{cause=\"overloaded\"} 1.0");
        }
    }

    @Test
    void aMessageInVerySmallPiecesTakesMore() throws Exception {
        try (Served served = withRoomForOneLongMessage(); FrameClient client = begun(served)) {
            send(client, framed(LONG_REQUEST), 0, 400, 1);
            assertThat(client.read(FrameClient.HEADERS)).as("refused").isPresent();
            awaitNothingTaken(served);
        }
    }

    @Test
    void aWholeMessageOfACallLeftOpenTakesItsShareUntilTheCallIsGivenUp() throws Exception {
        try (Served served = withRoomForOneLongMessage(); GrpcClient client = served.grpc()) {
            var open = leftOpen(client, LONG_REQUEST, new CompletableFuture<>());
            awaitTaken(served, LONG);
            assertThat(served.server.bodyBytes()).as("but once").isLessThan(LONG + 4096);
            CompletableFuture<Status> refused = new CompletableFuture<>();
            leftOpen(client, LONG_REQUEST, refused);
            assertThat(refused.get().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            open.cancel("given up", null);
            awaitNothingTaken(served);
        }
    }

    @Test
    void aCompressedMessageTakesWhatItIsUnpacked() throws Exception {
        ModelInferRequest bomb = GrpcClient.request(" ".repeat(LONG));
        try (Served served = withRoomForOneLongMessage(); GrpcClient client = served.grpc()) {
            var open = leftOpen(client, LONG_REQUEST, new CompletableFuture<>());
            awaitTaken(served, LONG);
            assertThatThrownBy(() -> client.blocking().withCompression("gzip").modelInfer(bomb))
                    .hasMessageStartingWith("RESOURCE_EXHAUSTED: Too many requests are waiting");
            open.cancel("given up", null);
            awaitNothingTaken(served);
            assertThat(client.blocking().withCompression("gzip").modelInfer(bomb).getOutputsCount()).isEqualTo(4);
            awaitNothingTaken(served);
        }
    }

    @Test
    void whatADepartedClientsMessageTookIsGivenBack() throws Exception {
        try (Served served = withRoomForOneLongMessage()) {
            try (FrameClient client = begun(served)) {
                send(client, framed(LONG_REQUEST), 0, LONG, 16 * 1024);
                awaitTaken(served, LONG - 5);
            }
            awaitNothingTaken(served);
        }
    }

    @Test
    void anAnswerThatIsNotTakenKeepsItsPlaceForALimitedTime() throws Exception {
        byte[] message = framed(GrpcClient.request("fine"));
        Limits limits = Served.limits().idle(Duration.ofSeconds(1)).build();
        try (Served served = new Served(limits, 1, "echo"); FrameClient client = begun(served)) {
            client.frame(FrameClient.SETTINGS, 0, 0, 0, 4, 0, 0, 0, 0);
            client.frame(FrameClient.DATA, FrameClient.END_STREAM, 1, message);
            assertThat(client.read(FrameClient.RST_STREAM).orElseThrow().stream()).isEqualTo(1);
            assertThat(served.model().calls).hasValue(1);
            awaitNothingTaken(served);
        }
    }

    @Test
    void aCallOfManyMessagesTakesNoMoreThanOneOfThem() throws Exception {
        int messages = 300;
        AtomicInteger answers = new AtomicInteger();
        CompletableFuture<Void> end = new CompletableFuture<>();
        try (Served served = withRoomForOneLongMessage(); GrpcClient client = served.grpc()) {
            StreamObserver<ServerReflectionRequest> asking = ServerReflectionGrpc.newStub(client.channel)
                    .serverReflectionInfo(new StreamObserver<>() {
                        @Override
                        public void onNext(ServerReflectionResponse response) {
                            answers.incrementAndGet();
                        }

                        @Override
                        public void onError(Throwable failure) {
                            end.completeExceptionally(failure);
                        }

                        @Override
                        public void onCompleted() {
                            end.complete(null);
                        }
                    });
            for (int i = 0; i < messages; i++) {
                asking.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
            }
            asking.onCompleted();
            end.get();
            assertThat(answers).hasValue(messages);
            awaitNothingTaken(served);
        }
    }
}
