package dev.filigree.server.grpc;

import dev.filigree.server.grpc.proto.GRPCInferenceServiceGrpc;
import dev.filigree.server.grpc.proto.ModelInferRequest;
import dev.filigree.server.grpc.proto.ModelInferResponse;
import dev.filigree.server.grpc.proto.ModelMetadataRequest;
import dev.filigree.server.grpc.proto.ModelMetadataResponse;
import dev.filigree.server.grpc.proto.ModelReadyRequest;
import dev.filigree.server.grpc.proto.ModelReadyResponse;
import dev.filigree.server.grpc.proto.ServerLiveRequest;
import dev.filigree.server.grpc.proto.ServerLiveResponse;
import dev.filigree.server.grpc.proto.ServerMetadataRequest;
import dev.filigree.server.grpc.proto.ServerMetadataResponse;
import dev.filigree.server.grpc.proto.ServerReadyRequest;
import dev.filigree.server.grpc.proto.ServerReadyResponse;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.openinference.OpenInference;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The protocol's calls, on event loops. */
final class InferenceCalls extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase {
    /** The longest request that is tokenized on the event loop: for the usual short text a hand-over would take longer. */
    private static final int INLINE_BYTES = 8 << 10;

    private final OpenInference protocol;
    private final String serverVersion;
    private final Executor preparation;
    private final BooleanSupplier ready;

    InferenceCalls(OpenInference protocol, String serverVersion, Executor preparation, BooleanSupplier ready) {
        this.protocol = protocol;
        this.serverVersion = serverVersion;
        this.preparation = preparation;
        this.ready = ready;
    }

    @Override
    public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> observer) {
        answer(observer, () -> ServerLiveResponse.newBuilder().setLive(true).build());
    }

    @Override
    public void serverReady(ServerReadyRequest request, StreamObserver<ServerReadyResponse> observer) {
        answer(observer, () -> ServerReadyResponse.newBuilder().setReady(ready.getAsBoolean()).build());
    }

    @Override
    public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> observer) {
        answer(observer, () -> {
            protocol.model(request.getName(), RequestMessage.given(request.getVersion()));
            return ModelReadyResponse.newBuilder().setReady(ready.getAsBoolean()).build();
        });
    }

    @Override
    public void serverMetadata(ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> observer) {
        answer(observer, () -> ServerMetadataResponse.newBuilder().setName(OpenInference.SERVER).setVersion(serverVersion).build());
    }

    @Override
    public void modelMetadata(ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> observer) {
        answer(observer, () -> ResponseMessage.of(protocol.model(request.getName(), RequestMessage.given(request.getVersion()))));
    }

    private static <T> void answer(StreamObserver<T> observer, Supplier<T> answer) {
        try {
            observer.onNext(answer.get());
            observer.onCompleted();
        } catch (ApiException e) {
            observer.onError(Statuses.of(e));
        }
    }

    @Override
    public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> observer) {
        InferCall call = new InferCall(protocol, (ServerCallStreamObserver<ModelInferResponse>) observer);
        Executor where = request.getSerializedSize() <= INLINE_BYTES ? Runnable::run : preparation;
        try {
            where.execute(() -> call.begin(request));
        } catch (RejectedExecutionException e) {
            observer.onError(Statuses.of(ApiException.overloaded()));
        }
    }
}
