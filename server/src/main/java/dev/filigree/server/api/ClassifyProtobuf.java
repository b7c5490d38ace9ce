package dev.filigree.server.api;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.filigree.runtime.TextInput;
import dev.filigree.server.api.proto.ClassifyProto;
import dev.filigree.server.http.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The bodies of {@code POST /v1/classify} as messages of {@code filigree_classify.proto}. */
final class ClassifyProtobuf {
    private ClassifyProtobuf() {}

    /**
     * Reads a {@code ClassifyRequest}.
     *
     * @throws ApiException when the body is anything else
     */
    static ClassifyRequest parse(byte[] body) {
        ClassifyProto.ClassifyRequest message;
        try {
            message = ClassifyProto.ClassifyRequest.parseFrom(body);
        } catch (InvalidProtocolBufferException e) {
            throw ApiException.badRequest("malformed_protobuf", "The body is not a ClassifyRequest in protobuf: " + e.getMessage());
        }
        requireKnownFields(message, "A ClassifyRequest");
        if (message.hasTopK() && message.getTopK() < 1) {
            throw ApiException.badRequest("wrong_type", "The field 'top_k' must be a whole number from 1 to " + Integer.MAX_VALUE + ".");
        }
        List<TextInput> inputs = new ArrayList<>(message.getInputsCount());
        for (ClassifyProto.Input input : message.getInputsList()) {
            requireKnownFields(input, "An Input");
            inputs.add(input.hasSecond() ? TextInput.of(input.getText(), input.getSecond()) : TextInput.of(input.getText()));
        }
        return new ClassifyRequest(
                message.hasModel() ? Optional.of(message.getModel()) : Optional.empty(),
                inputs,
                message.hasTopK() ? OptionalInt.of(message.getTopK()) : OptionalInt.empty(),
                message.getRawScores(),
                !message.hasTruncate() || message.getTruncate());
    }

    /** As in JSON: a wish that is not understood must not be ignored in silence. */
    private static void requireKnownFields(Message message, String which) {
        message.getUnknownFields().asMap().keySet().stream().findFirst().ifPresent(number -> {
            throw ApiException.badRequest(
                    "unknown_field", which + " has no field " + number + " of this type; GET /v1/classify.proto tells what there is.");
        });
    }

    /** Writes a {@code ClassifyResponse}. */
    static byte[] write(ClassifyResponse response) {
        ClassifyResponse.Timings timings = response.timings();
        return ClassifyProto.ClassifyResponse.newBuilder()
                .setModel(response.model())
                .addAllResults(response.results().stream().map(ClassifyProtobuf::result).toList())
                .setTimings(ClassifyProto.Timings.newBuilder()
                        .setTokenizeUs(timings.tokenize())
                        .setQueueUs(timings.queue())
                        .setComputeUs(timings.compute())
                        .setTotalUs(timings.total())
                        .setBatchTokens(timings.batchTokens()))
                .build()
                .toByteArray();
    }

    private static ClassifyProto.Result result(ClassifyResponse.Result result) {
        return ClassifyProto.Result.newBuilder()
                .setLabel(result.label())
                .setScore(result.score())
                .addAllScores(scores(result.scores()))
                .addAllLogits(scores(result.logits()))
                .setTokens(result.tokens())
                .setTruncated(result.truncated())
                .build();
    }

    private static List<ClassifyProto.Score> scores(Map<String, Float> byLabel) {
        return byLabel.entrySet().stream()
                .map(entry -> ClassifyProto.Score.newBuilder().setLabel(entry.getKey()).setValue(entry.getValue()).build())
                .toList();
    }
}
