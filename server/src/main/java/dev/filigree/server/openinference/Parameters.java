package dev.filigree.server.openinference;

import dev.filigree.server.http.ApiException;
import java.util.Map;

/** The parameters that requests, their inputs and the outputs they ask for may have. */
final class Parameters {
    /** Of a request: whether a text that is too long may be cut. */
    private static final String TRUNCATE = "truncate";
    /** Of an input: a hint of some clients, which can only be so. */
    private static final String CONTENT_TYPE = "content_type";
    private static final String STRING = "str";
    /** How clients ask for the binary tensor data extension, in a request, an output and an input. */
    private static final String BINARY_OUTPUTS = "binary_data_output";
    private static final String BINARY_OUTPUT = "binary_data";
    private static final String BINARY_INPUT = "binary_data_size";

    private Parameters() {}

    static boolean truncate(Map<String, Object> parameters) {
        boolean truncate = true;
        for (Map.Entry<String, Object> parameter : parameters.entrySet()) {
            switch (parameter.getKey()) {
                case TRUNCATE -> {
                    if (!(parameter.getValue() instanceof Boolean flag)) {
                        throw ApiException.badRequest("wrong_type", "The parameter 'truncate' must be true or false.");
                    }
                    truncate = flag;
                }
                case BINARY_OUTPUTS -> requireFalse(parameter);
                default -> throw unknown(parameter.getKey(), "this request");
            }
        }
        return truncate;
    }

    static void checkInput(InputTensor input) {
        for (Map.Entry<String, Object> parameter : input.parameters().entrySet()) {
            switch (parameter.getKey()) {
                case BINARY_INPUT -> throw binary(BINARY_INPUT);
                case CONTENT_TYPE -> {
                    if (!parameter.getValue().equals(STRING)) {
                        throw ApiException.badRequest("unknown_parameter", "The parameter 'content_type' can only be 'str'.");
                    }
                }
                default -> throw unknown(parameter.getKey(), "the input '" + input.name() + "'");
            }
        }
    }

    static void checkOutput(InferRequest.Wanted output) {
        for (Map.Entry<String, Object> parameter : output.parameters().entrySet()) {
            if (!parameter.getKey().equals(BINARY_OUTPUT)) {
                throw unknown(parameter.getKey(), "the output '" + output.name() + "'");
            }
            requireFalse(parameter);
        }
    }

    private static void requireFalse(Map.Entry<String, Object> binary) {
        if (!binary.getValue().equals(false)) {
            throw binary(binary.getKey());
        }
    }

    /** The refusal of the extension with which tensors follow the JSON as bytes. */
    static ApiException binary(String asked) {
        return ApiException.badRequest(
                "binary_data",
                "Binary tensor data ('" + asked + "') is not offered over REST: send and ask for tensors in JSON, or use gRPC.");
    }

    private static ApiException unknown(String name, String owner) {
        return ApiException.badRequest(
                "unknown_parameter", "There is no parameter '" + name + "' for " + owner + ": a request may have 'truncate'.");
    }
}
