package dev.filigree.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.filigree.server.grpc.proto.InferTensorContents;
import dev.filigree.server.grpc.proto.ModelInferResponse;
import dev.filigree.server.grpc.proto.ModelMetadataResponse;
import dev.filigree.server.openinference.InferResponse;
import dev.filigree.server.openinference.ModelSignature;
import dev.filigree.server.openinference.OutputTensor;
import dev.filigree.server.openinference.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes the messages that models are described and requests answered with. */
final class ResponseMessage {
    private ResponseMessage() {}

    static ModelMetadataResponse of(ModelSignature model) {
        return ModelMetadataResponse.newBuilder()
                .setName(model.name())
                .addVersions(ModelSignature.VERSION)
                .setPlatform(ModelSignature.PLATFORM)
                .addAllInputs(model.inputs().stream().map(ResponseMessage::metadata).toList())
                .addAllOutputs(model.outputs().stream().map(ResponseMessage::metadata).toList())
                .putAllProperties(model.properties())
                .build();
    }

    private static ModelMetadataResponse.TensorMetadata metadata(TensorSpec spec) {
        return ModelMetadataResponse.TensorMetadata.newBuilder()
                .setName(spec.name())
                .setDatatype(spec.datatype().name())
                .addAllShape(longs(spec.shape()))
                .build();
    }

    /**
     * An answer.
     *
     * @param raw whether its tensors are written as raw bytes
     */
    static ModelInferResponse of(InferResponse response, boolean raw) {
        ModelInferResponse.Builder message = ModelInferResponse.newBuilder()
                .setModelName(response.model())
                .setModelVersion(ModelSignature.VERSION)
                .setId(response.id().orElse(""));
        for (OutputTensor output : response.outputs()) {
            ModelInferResponse.InferOutputTensor.Builder tensor = message.addOutputsBuilder()
                    .setName(output.output().tensor())
                    .setDatatype(output.output().datatype().name())
                    .addAllShape(longs(output.shape()));
            if (raw) {
                message.addRawOutputContents(raw(output));
            } else {
                tensor.setContents(contents(output));
            }
        }
        return message.build();
    }

    private static InferTensorContents contents(OutputTensor output) {
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        switch (output) {
            case OutputTensor.Texts texts -> texts.data().forEach(text -> contents.addBytesContents(ByteString.copyFromUtf8(text)));
            case OutputTensor.Floats floats -> {
                for (float value : floats.data()) {
                    contents.addFp32Contents(value);
                }
            }
            case OutputTensor.Flags flags -> {
                for (boolean value : flags.data()) {
                    contents.addBoolContents(value);
                }
            }
        }
        return contents.build();
    }

    private static ByteString raw(OutputTensor output) {
        return switch (output) {
            case OutputTensor.Texts texts -> rawTexts(texts.data().stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList());
            case OutputTensor.Floats floats -> {
                ByteBuffer bytes = littleEndian(Float.BYTES * floats.data().length);
                bytes.asFloatBuffer().put(floats.data());
                yield UnsafeByteOperations.unsafeWrap(bytes);
            }
            case OutputTensor.Flags flags -> {
                byte[] bytes = new byte[flags.data().length];
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) (flags.data()[i] ? 1 : 0);
                }
                yield UnsafeByteOperations.unsafeWrap(bytes);
            }
        };
    }

    private static ByteString rawTexts(List<byte[]> texts) {
        ByteBuffer bytes = littleEndian(texts.stream().mapToInt(text -> Integer.BYTES + text.length).sum());
        texts.forEach(text -> bytes.putInt(text.length).put(text));
        return UnsafeByteOperations.unsafeWrap(bytes.flip());
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static List<Long> longs(List<Integer> shape) {
        return shape.stream().map(Integer::longValue).toList();
    }
}
