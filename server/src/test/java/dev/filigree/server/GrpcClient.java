package dev.filigree.server;

import com.google.protobuf.ByteString;
import dev.filigree.server.grpc.proto.GRPCInferenceServiceGrpc;
import dev.filigree.server.grpc.proto.InferTensorContents;
import dev.filigree.server.grpc.proto.ModelInferRequest;
import dev.filigree.server.grpc.proto.ModelInferResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A gRPC channel of one connection. */
final class GrpcClient implements AutoCloseable {
    private static final long LONGEST_WAIT_SECONDS = 10;

    final ManagedChannel channel;

    GrpcClient(InetSocketAddress address) {
        this(NettyChannelBuilder.forAddress(address).usePlaintext());
    }

    GrpcClient(NettyChannelBuilder builder) {
        channel = builder.build();
    }

    /** Calls that wait for their answer, ten seconds at most. */
    GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub blocking() {
        return GRPCInferenceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Calls without a deadline. */
    GRPCInferenceServiceGrpc.GRPCInferenceServiceFutureStub future() {
        return GRPCInferenceServiceGrpc.newFutureStub(channel);
    }

    /** A request for the model of most tests. */
    static ModelInferRequest request(String... texts) {
        return ModelInferRequest.newBuilder().setModelName("echo").addInputs(input("text", texts)).build();
    }

    static ModelInferRequest.InferInputTensor.Builder input(String name, String... texts) {
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        Arrays.stream(texts).map(ByteString::copyFromUtf8).forEach(contents::addBytesContents);
        return ModelInferRequest.InferInputTensor.newBuilder()
                .setName(name)
                .setDatatype("BYTES")
                .addShape(texts.length)
                .setContents(contents);
    }

    /** The labels in an answer to a request that asked for typed contents. */
    static List<String> labels(ModelInferResponse response) {
        return response.getOutputsList().stream()
                .filter(output -> output.getName().equals("label"))
                .flatMap(output -> output.getContents().getBytesContentsList().stream())
                .map(bytes -> bytes.toString(StandardCharsets.UTF_8))
                .toList();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        try {
            channel.awaitTermination(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
