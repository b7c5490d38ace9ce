package dev.filigree.server.grpc;

import com.google.protobuf.ByteString;
import dev.filigree.server.grpc.proto.InferParameter;
import dev.filigree.server.grpc.proto.ModelInferRequest;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.openinference.InferRequest;
import dev.filigree.server.openinference.InputTensor;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Reads the message of a request for inference. */
final class RequestMessage {
    private RequestMessage() {}

    /** An empty string is how protobuf leaves one out. */
    static Optional<String> given(String field) {
        return field.isEmpty() ? Optional.empty() : Optional.of(field);
    }

    /** Whether tensors come as raw bytes; then they are wanted so, too. */
    static boolean isRaw(ModelInferRequest message) {
        return message.getRawInputContentsCount() > 0;
    }

    /**
     * The request in a message.
     *
     * @throws ApiException when raw tensors are not one for each input
     */
    static InferRequest of(ModelInferRequest message) {
        int count = message.getInputsCount();
        if (isRaw(message) && message.getRawInputContentsCount() != count) {
            throw bad("There are " + message.getRawInputContentsCount() + " raw_input_contents for " + count
                    + " inputs: give one for each, or none.");
        }
        return new InferRequest(
                given(message.getId()),
                parameters(message.getParametersMap()),
                IntStream.range(0, count).mapToObj(i -> input(message, i)).toList(),
                message.getOutputsList().stream()
                        .map(output -> new InferRequest.Wanted(output.getName(), parameters(output.getParametersMap())))
                        .toList());
    }

    private static InputTensor input(ModelInferRequest message, int index) {
        ModelInferRequest.InferInputTensor tensor = message.getInputs(index);
        Map<String, Object> parameters = parameters(tensor.getParametersMap());
        if (!isRaw(message)) {
            List<ByteString> elements = tensor.getContents().getBytesContentsList();
            return new TypedInput(tensor.getName(), tensor.getDatatype(), tensor.getShapeList(), parameters, elements);
        }
        if (tensor.hasContents()) {
            throw bad("The input '" + tensor.getName() + "' has contents beside raw_input_contents: give the one or the other.");
        }
        ByteString raw = message.getRawInputContents(index);
        return new RawInput(tensor.getName(), tensor.getDatatype(), tensor.getShapeList(), parameters, raw);
    }

    private static Map<String, Object> parameters(Map<String, InferParameter> parameters) {
        Map<String, Object> values = new LinkedHashMap<>();
        parameters.forEach((name, value) -> values.put(name, switch (value.getParameterChoiceCase()) {
            case BOOL_PARAM -> value.getBoolParam();
            case INT64_PARAM -> value.getInt64Param();
            case STRING_PARAM -> value.getStringParam();
            case DOUBLE_PARAM -> value.getDoubleParam();
            case UINT64_PARAM -> value.getUint64Param();
            case PARAMETERCHOICE_NOT_SET -> throw ApiException.badRequest("wrong_type", "The parameter '" + name + "' has no value.");
        }));
        return values;
    }

    /** An input whose elements are fields. */
    private record TypedInput(
            String name, String datatype, List<Long> shape, Map<String, Object> parameters, List<ByteString> elements)
            implements InputTensor {
        @Override
        public List<String> texts(long count) {
            if (elements.size() != count) {
                throw wrongCount(this, elements.size() + " elements in bytes_contents");
            }
            List<String> texts = new ArrayList<>(elements.size());
            for (ByteString element : elements) {
                texts.add(text(this, texts.size(), element));
            }
            return texts;
        }
    }

    /** An input whose elements follow each other, each after its length in four bytes, the lowest first. */
    private record RawInput(String name, String datatype, List<Long> shape, Map<String, Object> parameters, ByteString raw)
            implements InputTensor {
        @Override
        public List<String> texts(long count) {
            List<String> texts = new ArrayList<>();
            int at = 0;
            while (at < raw.size()) {
                long length = raw.size() - at < Integer.BYTES ? Long.MAX_VALUE : length(at);
                at += Integer.BYTES;
                if (length > raw.size() - at) {
                    throw bad("The raw contents of the input '" + name + "' end within element " + (texts.size() + 1) + ".");
                }
                texts.add(text(this, texts.size(), raw.substring(at, at + (int) length)));
                at += (int) length;
            }
            if (texts.size() != count) {
                throw wrongCount(this, texts.size() + " elements in its raw contents");
            }
            return texts;
        }

        private long length(int at) {
            ByteString bytes = raw.substring(at, at + Integer.BYTES);
            return Integer.toUnsignedLong(bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getInt());
        }
    }

    private static String text(InputTensor input, int index, ByteString bytes) {
        if (!bytes.isValidUtf8()) {
            throw ApiException.badRequest("invalid_utf8", "Element " + (index + 1) + " of the input '" + input.name()
                    + "' is not valid UTF-8.");
        }
        return bytes.toStringUtf8();
    }

    private static ApiException wrongCount(InputTensor input, String found) {
        return bad("The input '" + input.name() + "' holds " + found + ", but its shape " + input.shape() + " says otherwise.");
    }

    private static ApiException bad(String sentence) {
        return ApiException.badRequest("wrong_shape", sentence);
    }
}
