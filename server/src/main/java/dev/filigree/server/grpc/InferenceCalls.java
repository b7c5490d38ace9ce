package dev.filigree.server.grpc;

import dev.filigree.server.grpc.proto.GRPCInferenceServiceGrpc;
import dev.filigree.server.grpc.proto.ModelInferRequest;
import dev.filigree.server.grpc.proto.ModelInferResponse;
import dev.filigree.server.grpc.proto.ModelMetadataRequest;
import dev.filigree.server.grpc.proto.ModelMetadataResponse;
import dev.filigree.server.grpc.proto.ModelReadyRequest;
import dev.filigree.server.grpc.proto.ModelReadyResponse;
import dev.filigree.server.grpc.proto.ServerLiveResponse;
import dev.filigree.server.grpc.proto.ServerMetadataResponse;
import dev.filigree.server.grpc.proto.ServerReadyResponse;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.openinference.OpenInference;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * The protocol's methods, called on event loops.
 *
 * @param preparation reads and tokenizes requests that would keep an event loop too long
 * @param ready whether new requests are welcome
 */
record InferenceCalls(OpenInference protocol, String serverVersion, Executor preparation, BooleanSupplier ready) {
    /** The longest request that is read and tokenized on the event loop: for the usual short text a hand-over would take longer. */
    private static final int INLINE_BYTES = 8 << 10;

    /** The service as the server offers it. */
    ServerServiceDefinition service() {
        ServerLiveResponse live = ServerLiveResponse.newBuilder().setLive(true).build();
        ServerMetadataResponse metadata =
                ServerMetadataResponse.newBuilder().setName(OpenInference.SERVER).setVersion(serverVersion).build();
        List<ServerMethodDefinition<?, ?>> methods = List.of(
                now(GRPCInferenceServiceGrpc.getServerLiveMethod(), _ -> live),
                now(GRPCInferenceServiceGrpc.getServerReadyMethod(),
                        _ -> ServerReadyResponse.newBuilder().setReady(ready.getAsBoolean()).build()),
                now(GRPCInferenceServiceGrpc.getServerMetadataMethod(), _ -> metadata),
                now(GRPCInferenceServiceGrpc.getModelReadyMethod(), this::modelReady),
                now(GRPCInferenceServiceGrpc.getModelMetadataMethod(), this::modelMetadata),
                method(GRPCInferenceServiceGrpc.getModelInferMethod(), this::infer));
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(GRPCInferenceServiceGrpc.SERVICE_NAME)
                .setSchemaDescriptor(GRPCInferenceServiceGrpc.getServiceDescriptor().getSchemaDescriptor());
        methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(service::addMethod);
        return service.build();
    }

    private static <Q, A> ServerMethodDefinition<ReceivedMessage<Q>, A> now(MethodDescriptor<Q, A> generated, Function<Q, A> answer) {
        return method(generated, (message, observer) -> {
            try {
                observer.onNext(answer.apply(message.read()));
                observer.onCompleted();
            } catch (ApiException e) {
                observer.onError(Statuses.of(e));
            } catch (StatusRuntimeException e) {
                observer.onError(e);
            }
        });
    }

    private static <Q, A> ServerMethodDefinition<ReceivedMessage<Q>, A> method(
            MethodDescriptor<Q, A> generated, ServerCalls.UnaryMethod<ReceivedMessage<Q>, A> call) {
        return ServerMethodDefinition.create(
                generated.toBuilder(new ReceivedMessage.Receiver<>(generated.getRequestMarshaller()), generated.getResponseMarshaller())
                        .build(),
                ServerCalls.asyncUnaryCall(call));
    }

    private ModelReadyResponse modelReady(ModelReadyRequest request) {
        boolean loaded = protocol.isReady(request.getName(), RequestMessage.given(request.getVersion()));
        return ModelReadyResponse.newBuilder().setReady(loaded && ready.getAsBoolean()).build();
    }

    private ModelMetadataResponse modelMetadata(ModelMetadataRequest request) {
        return ResponseMessage.of(protocol.model(request.getName(), RequestMessage.given(request.getVersion())));
    }

    private void infer(ReceivedMessage<ModelInferRequest> message, StreamObserver<ModelInferResponse> observer) {
        InferCall call = new InferCall(protocol, (ServerCallStreamObserver<ModelInferResponse>) observer);
        if (message.length() <= INLINE_BYTES) {
            call.begin(message);
            return;
        }
        // A client that leaves does not take its message out of the queue.
        Arrival held = Arrival.current();
        held.hold();
        try {
            preparation.execute(() -> {
                call.begin(message);
                held.letGo();
            });
        } catch (RejectedExecutionException e) {
            held.letGo();
            observer.onError(Statuses.of(ApiException.OVERLOADED));
        }
    }
}
