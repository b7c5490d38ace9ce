package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.filigree.server.config.Limits;
import dev.filigree.server.grpc.proto.GRPCInferenceServiceGrpc;
import dev.filigree.server.grpc.proto.ModelInferRequest;
import dev.filigree.server.grpc.proto.ModelInferResponse;
import dev.filigree.server.grpc.proto.ServerLiveRequest;
import dev.filigree.server.grpc.proto.ServerReadyRequest;
import dev.filigree.server.model.ModelRegistry;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** gRPC calls that are many, late, given up, too long or half sent, and the end of a server. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class GrpcLifecycleTest {
    private static final ModelInferRequest FINE = GrpcClient.request("fine");
    /** Held here, since its level would be forgotten with it. */
    private static final Logger GRPC = Logger.getLogger("io.grpc");

    @BeforeAll
    static void whatTestsProvokeIsNotWorthALine() {
        GRPC.setLevel(Level.SEVERE);
    }

    @Test
    void sixtyFourCallsAtOnceEachGetTheirOwnAnswers() throws Exception {
        Limits limits = Served.limits().queuedRequests(64).build();
        try (Served served = new Served(limits, 4, "echo"); GrpcClient client = served.grpc()) {
            List<ListenableFuture<ModelInferResponse>> calls = IntStream.range(0, 64)
                    .mapToObj(i -> client.future().modelInfer(GrpcClient.request("a" + i, "b" + i)))
                    .toList();
            for (int i = 0; i < calls.size(); i++) {
                assertThat(GrpcClient.labels(calls.get(i).get())).containsExactly("a" + i, "b" + i);
            }
            assertThat(served.model().calls).hasValue(128);
        }
    }

    @Test
    void aLongRequestIsReadElsewhereAndAnsweredAlike() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            String word = "x".repeat(40_000);
            assertThat(GrpcClient.labels(client.blocking().modelInfer(GrpcClient.request(word)))).containsExactly(word);
        }
    }

    /** One call in the model and the queue full of others. */
    private static List<ListenableFuture<ModelInferResponse>> fill(Served served, GrpcClient client) {
        List<ListenableFuture<ModelInferResponse>> calls = new ArrayList<>();
        calls.add(client.future().modelInfer(GrpcClient.request("hold")));
        Served.awaitUninterruptibly(served.model().held);
        while (calls.size() <= Served.LIMITS.queuedRequests()) {
            calls.add(client.future().modelInfer(FINE));
            awaitQueued(served, calls.size() - 1);
        }
        return calls;
    }

    private static void awaitQueued(Served served, int count) {
        while (served.server.queued() != count) {
            Thread.onSpinWait();
        }
    }

    @Test
    void fullQueueIsRefusedWithAHintWhenToTryAgain() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            List<ListenableFuture<ModelInferResponse>> calls = fill(served, client);
            assertThatThrownBy(() -> client.blocking().modelInfer(FINE)).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                assertThat(e.getTrailers().get(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)))
                        .isEqualTo("1000");
            });
            served.model().release.countDown();
            for (ListenableFuture<ModelInferResponse> call : calls) {
                assertThat(call.get().getOutputsCount()).isEqualTo(4);
            }
            assertThat(client.blocking().modelInfer(FINE).getOutputsCount()).isEqualTo(4);
        }
    }

    @Test
    void whatIsGivenUpInTheQueueIsNotComputed() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc(); GrpcClient gone = served.grpc()) {
            ListenableFuture<ModelInferResponse> held = client.future().modelInfer(GrpcClient.request("hold"));
            Served.awaitUninterruptibly(served.model().held);
            ListenableFuture<ModelInferResponse> cancelled = client.future().modelInfer(FINE);
            awaitQueued(served, 1);
            gone.future().modelInfer(FINE);
            awaitQueued(served, 2);
            cancelled.cancel(true);
            awaitQueued(served, 1);
            gone.channel.shutdownNow();
            awaitQueued(served, 0);
            served.model().release.countDown();
            held.get();
            assertThat(client.blocking().modelInfer(FINE).getOutputsCount()).isEqualTo(4);
            assertThat(served.model().calls).hasValue(2);
        }
    }

    @Test
    void whatIsPastItsDeadlineIsNotComputed() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            ListenableFuture<ModelInferResponse> held = client.future().modelInfer(GrpcClient.request("hold"));
            Served.awaitUninterruptibly(served.model().held);
            assertThatThrownBy(() -> client.blocking().withDeadlineAfter(100, TimeUnit.MILLISECONDS).modelInfer(FINE))
                    .hasMessageStartingWith("DEADLINE_EXCEEDED");
            awaitQueued(served, 0);
            served.model().release.countDown();
            held.get();
            assertThat(client.blocking().modelInfer(FINE).getOutputsCount()).isEqualTo(4);
            assertThat(served.model().calls).hasValue(2);
        }
    }

    @Test
    void callsAreCountedLikeRequests() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            ListenableFuture<ModelInferResponse> held = client.future().modelInfer(GrpcClient.request("hold"));
            Served.awaitUninterruptibly(served.model().held);
            ListenableFuture<ModelInferResponse> cancelled = client.future().modelInfer(FINE);
            awaitQueued(served, 1);
            cancelled.cancel(true);
            awaitQueued(served, 0);
            served.model().release.countDown();
            held.get();
            assertThatThrownBy(() -> client.blocking().modelInfer(FINE.toBuilder().setModelName("nosuch").build()))
                    .hasMessageStartingWith("NOT_FOUND");
            assertThatThrownBy(() -> client.blocking().modelInfer(GrpcClient.request("unfit"))).hasMessageStartingWith("INVALID_ARGUMENT");
            String call = "filigree_requests_seconds_count{api=\"/inference.GRPCInferenceService/ModelInfer\",";
            assertThat(served.exchange(RawClient.get("/metrics")).body())
                    .contains(call + "model=\"echo\",status=\"200\"} 1")
                    .contains(call + "model=\"none\",status=\"404\"} 1")
                    .contains(call + "model=\"none\",status=\"400\"} 1")
                    .contains("filigree_rejected_total{cause=\"departed\"} 1.0")
                    .contains("filigree_stage_seconds_count{model=\"echo\",stage=\"compute\"} 1");
        }
    }

    @Test
    void aCallKeepsItsNameOrGetsOne() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            Metadata.Key<String> key = Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER);
            for (String name : List.of("", "mine")) {
                Metadata given = new Metadata();
                given.put(key, name);
                AtomicReference<Metadata> headers = new AtomicReference<>();
                client.blocking()
                        .withInterceptors(
                                MetadataUtils.newAttachHeadersInterceptor(given),
                                MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()))
                        .modelInfer(FINE);
                assertThat(headers.get().get(key)).matches(name.isEmpty() ? "[0-9a-f]{16}" : name);
            }
        }
    }

    @Test
    void nameAndTraceComeBackEvenFromACallThatFails() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            Metadata.Key<String> name = Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER);
            Metadata.Key<String> trace = Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);
            Metadata given = new Metadata();
            given.put(name, "mine");
            given.put(trace, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
            AtomicReference<Metadata> headers = new AtomicReference<>();
            AtomicReference<Metadata> trailers = new AtomicReference<>();
            GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub traced = client.blocking()
                    .withInterceptors(
                            MetadataUtils.newAttachHeadersInterceptor(given),
                            MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));
            traced.modelInfer(FINE);
            assertThat(headers.get().get(name)).isEqualTo("mine");
            assertThat(headers.get().get(trace)).isEqualTo(given.get(trace));
            assertThat(trailers.get().containsKey(name)).as("told twice").isFalse();
            assertThatThrownBy(() -> traced.modelInfer(FINE.toBuilder().setModelName("nosuch").build()))
                    .hasMessageStartingWith("NOT_FOUND");
            assertThat(trailers.get().getAll(name)).containsExactly("mine");
            assertThat(trailers.get().getAll(trace)).containsExactly(given.get(trace));
        }
    }

    @Test
    void aMessageOverTheBodyLimitIsRefusedEvenWhenCompressed() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            ModelInferRequest large = GrpcClient.request(" ".repeat(Served.LIMITS.bodyBytes()));
            assertThatThrownBy(() -> client.blocking().modelInfer(large)).hasMessageStartingWith("RESOURCE_EXHAUSTED: ");
            assertThatThrownBy(() -> client.blocking().withCompression("gzip").modelInfer(large))
                    .hasMessageStartingWith("RESOURCE_EXHAUSTED: ");
            assertThat(GrpcClient.labels(client.blocking().withCompression("gzip").modelInfer(FINE))).containsExactly("fine");
            assertThat(served.model().calls).hasValue(1);
        }
    }

    @Test
    void metadataOverTheHeaderLimitIsRefused() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            Metadata metadata = new Metadata();
            metadata.put(Metadata.Key.of("x", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(Served.LIMITS.headerBytes()));
            ClientInterceptor attach = MetadataUtils.newAttachHeadersInterceptor(metadata);
            assertThatThrownBy(() -> client.blocking().withInterceptors(attach).modelInfer(FINE))
                    .isInstanceOf(StatusRuntimeException.class);
            assertThat(client.blocking().modelInfer(FINE).getOutputsCount()).isEqualTo(4);
        }
    }

    /** The method with messages as they are on the wire. */
    private static final MethodDescriptor<byte[], byte[]> BYTES = GRPCInferenceServiceGrpc.getModelInferMethod()
            .toBuilder(new BytesMarshaller(), new BytesMarshaller()).build();
    /** The same for a client that does not wait for the message to send the headers. */
    private static final MethodDescriptor<byte[], byte[]> HEADERS_FIRST =
            BYTES.toBuilder().setType(MethodDescriptor.MethodType.BIDI_STREAMING).build();

    private static final class BytesMarshaller implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void whatIsNoMessageIsRefused() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            byte[] notUtf8 = FINE.toByteString().concat(ByteString.copyFrom(new byte[] {0x1a, 1, (byte) 0xff})).toByteArray();
            for (byte[] message : List.of(new byte[] {(byte) 0xff}, notUtf8)) {
                assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(client.channel, BYTES, CallOptions.DEFAULT, message))
                        .hasMessageStartingWith("INVALID_ARGUMENT: The message is not of the type that this method takes: ");
            }
            assertThat(client.blocking().modelInfer(FINE).getOutputsCount()).isEqualTo(4);
        }
    }

    /** Begins a call, and tells how it ended. */
    private static CompletableFuture<Status> callWithoutMessage(GrpcClient client) {
        CompletableFuture<Status> end = new CompletableFuture<>();
        ClientCall<byte[], byte[]> call = client.channel.newCall(HEADERS_FIRST, CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
                end.complete(status);
            }
        }, new Metadata());
        call.request(1);
        return end;
    }

    @Test
    void aCallWhoseMessageDoesNotComeIsEnded() throws Exception {
        Limits limits = Served.limits().slow(Duration.ofMillis(200)).build();
        try (Served served = new Served(limits, 1, "echo"); GrpcClient client = served.grpc()) {
            CompletableFuture<Status> end = callWithoutMessage(client);
            assertThat(end.get().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(end.get().getDescription()).isEqualTo("The request did not arrive whole within 200 ms.");
            ListenableFuture<ModelInferResponse> held = client.future().modelInfer(GrpcClient.request("hold"));
            Served.awaitUninterruptibly(served.model().held);
            assertThatThrownBy(() -> held.get(400, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            served.model().release.countDown();
            assertThat(held.get().getOutputsCount()).isEqualTo(4);
        }
    }

    @Test
    void callsBeyondWhatIsBorneAreTurnedAwayButHealthAnswers() throws Exception {
        try (Served served = new Served(); GrpcClient crowd = served.grpc(); GrpcClient client = served.grpc()) {
            List<CompletableFuture<Status>> waiting = new ArrayList<>(List.of(callWithoutMessage(client)));
            IntStream.range(0, 128).forEach(_ -> waiting.add(callWithoutMessage(crowd)));
            // One too many, whichever came last.
            assertThat(CompletableFuture.anyOf(waiting.toArray(CompletableFuture[]::new)).get())
                    .extracting(end -> ((Status) end).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(endOf(client)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(client.blocking().serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
            crowd.channel.shutdownNow();
            while (endOf(client) != Status.Code.OK) {
                Thread.onSpinWait();
            }
        }
    }

    private static Status.Code endOf(GrpcClient client) {
        try {
            client.blocking().modelInfer(FINE);
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    @Test
    void connectionsBeyondTheLimitAreClosed() throws Exception {
        Limits limits = Served.limits().connections(1).build();
        try (Served served = new Served(limits, 1, "echo"); GrpcClient second = served.grpc()) {
            try (GrpcClient first = served.grpc()) {
                assertThat(first.blocking().modelInfer(FINE).getOutputsCount()).isEqualTo(4);
                assertThatThrownBy(() -> second.blocking().modelInfer(FINE)).hasMessageStartingWith("UNAVAILABLE");
            }
            ModelInferResponse response = second.blocking().withWaitForReady().modelInfer(FINE);
            assertThat(response.getOutputsCount()).isEqualTo(4);
        }
    }

    @Test
    void reflectionTellsTheServices() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
            StreamObserver<ServerReflectionRequest> asking = ServerReflectionGrpc.newStub(client.channel)
                    .serverReflectionInfo(new StreamObserver<>() {
                        @Override
                        public void onNext(ServerReflectionResponse response) {
                            answer.complete(response);
                        }

                        @Override
                        public void onError(Throwable failure) {
                            answer.completeExceptionally(failure);
                        }

                        @Override
                        public void onCompleted() {
                            // Nothing is to come after the answer.
                        }
                    });
            asking.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
            assertThat(answer.get().getListServicesResponse().getServiceList()).extracting(ServiceResponse::getName)
                    .contains("inference.GRPCInferenceService", "grpc.health.v1.Health");
            asking.onCompleted();
        }
    }

    @Test
    void closeAnswersWhatIsInFlightAndTellsWatchers() throws Exception {
        try (Served served = new Served(); GrpcClient client = served.grpc()) {
            List<ListenableFuture<ModelInferResponse>> calls = fill(served, client);
            Iterator<HealthCheckResponse> health =
                    HealthGrpc.newBlockingStub(client.channel).watch(HealthCheckRequest.getDefaultInstance());
            assertThat(health.next().getStatus()).isEqualTo(ServingStatus.SERVING);
            CompletableFuture<Void> closing = CompletableFuture.runAsync(served.server::close);
            assertThat(health.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
            assertThatThrownBy(health::next).hasMessage("UNAVAILABLE: This server is stopping.");
            assertThat(closing).isNotDone();
            assertThat(served.model().closed).isFalse();
            served.model().release.countDown();
            for (ListenableFuture<ModelInferResponse> call : calls) {
                assertThat(call.get().getOutputsCount()).isEqualTo(4);
            }
            closing.get(30, TimeUnit.SECONDS);
            assertThat(served.model().closed).isTrue();
            assertThatThrownBy(() -> client.blocking().serverLive(ServerLiveRequest.getDefaultInstance()))
                    .hasMessageStartingWith("UNAVAILABLE");
        }
    }

    @Test
    void inTheTimeOfGraceHealthSaysNoAndCallsAreAnswered() throws Exception {
        Limits limits = Served.limits().grace(Duration.ofHours(1)).build();
        try (Served served = new Served(limits, 1, "echo"); GrpcClient client = served.grpc()) {
            Iterator<HealthCheckResponse> health =
                    HealthGrpc.newBlockingStub(client.channel).watch(HealthCheckRequest.getDefaultInstance());
            assertThat(health.next().getStatus()).isEqualTo(ServingStatus.SERVING);
            Thread closing = Thread.ofPlatform().start(served.server::close);
            assertThat(health.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
            assertThat(client.blocking().serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isFalse();
            assertThat(GrpcClient.labels(client.blocking().modelInfer(FINE))).containsExactly("fine");
            closing.interrupt();
            closing.join();
            assertThat(served.model().closed).isTrue();
        }
    }

    @Test
    void closeUnderLoadLosesNoCall() throws Exception {
        Limits limits = Served.limits().queuedRequests(64).build();
        try (Served served = new Served(limits, 2, "echo"); ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            AtomicInteger answered = new AtomicInteger();
            List<Future<Status.Code>> ends = IntStream.range(0, 8)
                    .mapToObj(i -> callers.submit(() -> callUntilRefused(served, answered)))
                    .toList();
            while (answered.get() < 200) {
                Thread.onSpinWait();
            }
            served.server.close();
            for (Future<Status.Code> end : ends) {
                assertThat(end.get()).isEqualTo(Status.Code.UNAVAILABLE);
            }
            assertThat(served.model().calls).hasValue(answered.get());
        }
    }

    private static Status.Code callUntilRefused(Served served, AtomicInteger answered) {
        try (GrpcClient client = served.grpc()) {
            while (true) {
                assertThat(GrpcClient.labels(client.blocking().modelInfer(FINE))).containsExactly("fine");
                answered.incrementAndGet();
            }
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    @Test
    void closeDoesNotWaitForEver() throws Exception {
        Limits hasty = Served.limits().drain(Duration.ofMillis(200)).build();
        try (Served served = new Served(hasty, 1, "echo"); GrpcClient client = served.grpc()) {
            CompletableFuture<Status> end = callWithoutMessage(client);
            assertThat(client.blocking().serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
            served.server.close();
            assertThat(end.get().getCode()).isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);
        }
    }

    @Test
    void portInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ModelRegistry models = ModelRegistry.of(Map.of("echo", new Served.EchoModel()))) {
            InetSocketAddress free = new InetSocketAddress("127.0.0.1", 0);
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", taken.getLocalPort());
            assertThatThrownBy(() -> new ClassificationServer(models, ServerSettings.of(free, 1, Served.LIMITS).withGrpc(address)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("Cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": Address already in use.");
        }
    }
}
