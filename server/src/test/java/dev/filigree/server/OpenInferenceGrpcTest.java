package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.TextFormat;
import dev.filigree.runtime.FiligreeVersion;
import dev.filigree.server.grpc.proto.InferParameter;
import dev.filigree.server.grpc.proto.ModelInferRequest;
import dev.filigree.server.grpc.proto.ModelInferResponse;
import dev.filigree.server.grpc.proto.ModelMetadataRequest;
import dev.filigree.server.grpc.proto.ModelMetadataResponse;
import dev.filigree.server.grpc.proto.ModelReadyRequest;
import dev.filigree.server.grpc.proto.OpenInferenceGrpc;
import dev.filigree.server.grpc.proto.ServerLiveRequest;
import dev.filigree.server.grpc.proto.ServerMetadataRequest;
import dev.filigree.server.grpc.proto.ServerMetadataResponse;
import dev.filigree.server.grpc.proto.ServerReadyRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every method and field of the Open Inference Protocol over gRPC, through a socket. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class OpenInferenceGrpcTest {
    private Served served;
    private GrpcClient client;

    @BeforeEach
    void serve() throws IOException {
        served = new Served(Served.LIMITS, 1, "echo", "pairs");
        client = served.grpc();
    }

    @AfterEach
    void stop() {
        client.close();
        served.close();
    }

    /** Names, numbers and types as the specification's open_inference_grpc.proto has them. */
    @Test
    void theWireIsTheSpecifications() {
        assertThat(OpenInferenceGrpc.getDescriptor().getPackage()).isEqualTo("inference");
        String tensor = "name=1 string, datatype=2 string, shape=3 int64*, parameters=4 map, contents=5 InferTensorContents";
        assertThat(OpenInferenceGrpc.getDescriptor().getMessageTypes().stream().flatMap(OpenInferenceGrpcTest::listing))
                .containsExactlyInAnyOrder(
                        "ServerLiveRequest: ", "ServerLiveResponse: live=1 bool",
                        "ServerReadyRequest: ", "ServerReadyResponse: ready=1 bool",
                        "ModelReadyRequest: name=1 string, version=2 string", "ModelReadyResponse: ready=1 bool",
                        "ServerMetadataRequest: ", "ServerMetadataResponse: name=1 string, version=2 string, extensions=3 string*",
                        "ModelMetadataRequest: name=1 string, version=2 string",
                        "ModelMetadataResponse: name=1 string, versions=2 string*, platform=3 string, inputs=4 TensorMetadata*, "
                                + "outputs=5 TensorMetadata*, properties=6 map",
                        "TensorMetadata: name=1 string, datatype=2 string, shape=3 int64*",
                        "ModelInferRequest: model_name=1 string, model_version=2 string, id=3 string, parameters=4 map, "
                                + "inputs=5 InferInputTensor*, outputs=6 InferRequestedOutputTensor*, raw_input_contents=7 bytes*",
                        "InferInputTensor: " + tensor,
                        "InferRequestedOutputTensor: name=1 string, parameters=2 map",
                        "ModelInferResponse: model_name=1 string, model_version=2 string, id=3 string, parameters=4 map, "
                                + "outputs=5 InferOutputTensor*, raw_output_contents=6 bytes*",
                        "InferOutputTensor: " + tensor,
                        "InferParameter: bool_param=1 bool, int64_param=2 int64, string_param=3 string, double_param=4 double, "
                                + "uint64_param=5 uint64",
                        "InferTensorContents: bool_contents=1 bool*, int_contents=2 int32*, int64_contents=3 int64*, "
                                + "uint_contents=4 uint32*, uint64_contents=5 uint64*, fp32_contents=6 float*, "
                                + "fp64_contents=7 double*, bytes_contents=8 bytes*");
        assertThat(OpenInferenceGrpc.getDescriptor().findServiceByName("GRPCInferenceService").getMethods())
                .extracting(method -> method.getName() + " " + method.getInputType().getName() + " " + method.getOutputType().getName())
                .containsExactlyInAnyOrder(
                        Stream.of("ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer")
                                .map(name -> name + " " + name + "Request " + name + "Response").toArray(String[]::new));
    }

    private static Stream<String> listing(Descriptor message) {
        String fields = message.getFields().stream()
                .map(field -> field.getName() + "=" + field.getNumber() + " " + type(field))
                .collect(Collectors.joining(", "));
        return Stream.concat(
                Stream.of(message.getName() + ": " + fields),
                message.getNestedTypes().stream().filter(nested -> !nested.getOptions().getMapEntry())
                        .flatMap(OpenInferenceGrpcTest::listing));
    }

    private static String type(FieldDescriptor field) {
        if (field.isMapField()) {
            return "map";
        }
        String type = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                ? field.getMessageType().getName()
                : field.getType().name().toLowerCase(Locale.ROOT);
        return field.isRepeated() ? type + "*" : type;
    }

    @Test
    void healthAndMetadataOfTheServer() {
        assertThat(client.blocking().serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
        assertThat(client.blocking().serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
        ServerMetadataResponse metadata = client.blocking().serverMetadata(ServerMetadataRequest.getDefaultInstance());
        assertThat(metadata.getName()).isEqualTo("filigree");
        assertThat(metadata.getVersion()).isEqualTo(FiligreeVersion.current());
        assertThat(metadata.getExtensionsList()).isEmpty();
        for (String service : List.of("", "inference.GRPCInferenceService")) {
            HealthCheckRequest check = HealthCheckRequest.newBuilder().setService(service).build();
            assertThat(HealthGrpc.newBlockingStub(client.channel).check(check).getStatus()).isEqualTo(ServingStatus.SERVING);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1"})
    void modelMetadata(String version) throws Exception {
        assertThat(client.blocking().modelReady(ModelReadyRequest.newBuilder().setName("echo").setVersion(version).build()).getReady())
                .isTrue();
        assertThat(client.blocking().modelMetadata(ModelMetadataRequest.newBuilder().setName("echo").setVersion(version).build()))
                .isEqualTo(TextFormat.parse("""
                        name: "echo" versions: "1" platform: "filigree"
                        inputs { name: "text" datatype: "BYTES" shape: -1 }
                        outputs { name: "label" datatype: "BYTES" shape: -1 }
                        outputs { name: "scores" datatype: "FP32" shape: [-1, 2] }
                        outputs { name: "logits" datatype: "FP32" shape: [-1, 2] }
                        outputs { name: "truncated" datatype: "BOOL" shape: -1 }
                        properties { key: "labels" value: '["other","same"]' }
                        """, ModelMetadataResponse.class));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1"})
    void inferenceWithTypedContents(String version) throws Exception {
        ModelInferRequest request = TextFormat.parse("""
                model_name: "echo" model_version: "%s" id: "42"
                inputs { name: "text" datatype: "BYTES" shape: 2 contents { bytes_contents: ["a", "b"] } }
                """.formatted(version), ModelInferRequest.class);
        float a = Served.score("a");
        float b = Served.score("b");
        assertThat(client.blocking().modelInfer(request)).isEqualTo(TextFormat.parse("""
                model_name: "echo" model_version: "1" id: "42"
                outputs { name: "label" datatype: "BYTES" shape: 2 contents { bytes_contents: ["a", "b"] } }
                outputs { name: "scores" datatype: "FP32" shape: [2, 2] contents { fp32_contents: [%s, %s, %s, %s] } }
                outputs { name: "logits" datatype: "FP32" shape: [2, 2] contents { fp32_contents: [0, 1, 0, 1] } }
                outputs { name: "truncated" datatype: "BOOL" shape: 2 contents { bool_contents: [false, false] } }
                """.formatted(1 - a, a, 1 - b, b), ModelInferResponse.class));
    }

    @Test
    void rawContentsAreAnsweredWithRawContents() throws Exception {
        ModelInferRequest request = TextFormat.parse("""
                model_name: "echo" inputs { name: "text" datatype: "BYTES" shape: [2, 1] }
                """, ModelInferRequest.class).toBuilder().addRawInputContents(raw("žluť", "")).build();
        ModelInferResponse response = client.blocking().modelInfer(request);
        assertThat(response.getOutputsList()).noneMatch(ModelInferResponse.InferOutputTensor::hasContents)
                .extracting(ModelInferResponse.InferOutputTensor::getName).containsExactly("label", "scores", "logits", "truncated");
        assertThat(response.getRawOutputContentsList()).hasSize(4);
        assertThat(response.getRawOutputContents(0)).isEqualTo(raw("žluť", ""));
        ByteBuffer scores = response.getRawOutputContents(1).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        assertThat(scores.remaining()).isEqualTo(4 * Float.BYTES);
        assertThat(scores.getFloat(Float.BYTES)).isEqualTo(Served.score("žluť"));
        assertThat(scores.getFloat(3 * Float.BYTES)).isEqualTo(Served.score(""));
        assertThat(response.getRawOutputContents(2).byteAt(2 * Float.BYTES - 1)).isEqualTo((byte) 0x3f);
        assertThat(response.getRawOutputContents(3).toByteArray()).containsExactly(0, 0);
    }

    private static ByteString raw(String... texts) {
        ByteBuffer out = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        for (String text : texts) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            out.putInt(bytes.length).put(bytes);
        }
        return ByteString.copyFrom(out.flip());
    }

    @Test
    void outputsAskedForTruncationAndPairs() {
        ModelInferRequest request = GrpcClient.request("x".repeat(Served.EchoModel.LONGEST)).toBuilder()
                .addOutputs(ModelInferRequest.InferRequestedOutputTensor.newBuilder().setName("truncated"))
                .build();
        ModelInferResponse response = client.blocking().modelInfer(request);
        assertThat(response.getOutputsList()).hasSize(1);
        assertThat(response.getOutputs(0).getContents().getBoolContentsList()).containsExactly(true);
        InferParameter no = InferParameter.newBuilder().setBoolParam(false).build();
        refused(request.toBuilder().putParameters("truncate", no).build(), Status.Code.INVALID_ARGUMENT, "forbids to truncate");
        ModelInferRequest pairs = ModelInferRequest.newBuilder().setModelName("pairs")
                .addInputs(GrpcClient.input("text_pair", "c", "d"))
                .addInputs(GrpcClient.input("text", "a", "b"))
                .build();
        assertThat(GrpcClient.labels(client.blocking().modelInfer(pairs))).containsExactly("a|c", "b|d");
    }

    static List<Arguments> requestsThatDoNotFit() {
        ModelInferRequest right = GrpcClient.request("a");
        ModelInferRequest.InferInputTensor input = right.getInputs(0);
        ModelInferRequest bare = right.toBuilder().clearInputs().build();
        ModelInferRequest raw = bare.toBuilder().addInputs(input.toBuilder().clearContents()).build();
        InferParameter text = InferParameter.newBuilder().setStringParam("no").build();
        return List.of(
                Arguments.of(bare, "'text' is missing"),
                Arguments.of(bare.toBuilder().addInputs(input.toBuilder().setName("x")).build(), "no input 'x'"),
                Arguments.of(bare.toBuilder().addInputs(input.toBuilder().setDatatype("FP32")).build(), "not 'FP32'"),
                Arguments.of(bare.toBuilder().addInputs(input.toBuilder().clearShape()).build(), "not []"),
                Arguments.of(bare.toBuilder().addInputs(input.toBuilder().setShape(0, 2)).build(), "1 elements in bytes_contents"),
                Arguments.of(bare.toBuilder().addInputs(input.toBuilder().clearContents()).build(), "0 elements in bytes_contents"),
                Arguments.of(bare.toBuilder().addInputs(GrpcClient.input("text")).build(), "nothing to classify"),
                Arguments.of(GrpcClient.request("1", "2", "3", "4", "5", "6", "7", "8", "9"), "at most 8"),
                Arguments.of(right.toBuilder().addOutputs(ModelInferRequest.InferRequestedOutputTensor.newBuilder().setName("x")).build(),
                        "no output 'x'"),
                Arguments.of(right.toBuilder().putParameters("truncate", text).build(), "true or false"),
                Arguments.of(right.toBuilder().putParameters("truncate", InferParameter.getDefaultInstance()).build(), "has no value"),
                Arguments.of(right.toBuilder().putParameters("priority", text).build(), "no parameter 'priority'"),
                Arguments.of(right.toBuilder().addRawInputContents(raw("a")).build(), "contents beside raw_input_contents"),
                Arguments.of(raw.toBuilder().addRawInputContents(raw("a")).addRawInputContents(raw("a")).build(),
                        "2 raw_input_contents for 1 inputs"),
                Arguments.of(raw.toBuilder().addRawInputContents(raw("a", "b")).build(), "2 elements in its raw contents"),
                Arguments.of(raw.toBuilder().addRawInputContents(raw("abc").substring(0, 6)).build(), "end within element 1"),
                Arguments.of(raw.toBuilder().addRawInputContents(raw("a").concat(raw("").substring(1))).build(), "end within element 2"),
                Arguments.of(raw.toBuilder().addRawInputContents(bytes(0xff, 0xff, 0xff, 0xff, 'a')).build(), "end within element 1"),
                Arguments.of(raw.toBuilder().addRawInputContents(bytes(1, 0, 0, 0, 0xff)).build(), "Element 1 of the input 'text' is not"),
                Arguments.of(bare.toBuilder().addInputs(input.toBuilder().setContents(
                        input.getContents().toBuilder().setBytesContents(0, bytes(0xed, 0xa0, 0x80)))).build(), "not valid UTF-8"),
                Arguments.of(GrpcClient.request("unfit"), "does not fit"));
    }

    private static ByteString bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return ByteString.copyFrom(bytes);
    }

    @ParameterizedTest
    @MethodSource
    void requestsThatDoNotFit(ModelInferRequest request, String sentence) {
        refused(request, Status.Code.INVALID_ARGUMENT, sentence);
        assertThat(served.model().calls).hasValue(0);
    }

    private void refused(ModelInferRequest request, Status.Code code, String sentence) {
        assertThatThrownBy(() -> client.blocking().modelInfer(request)).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).as(e.getMessage()).isEqualTo(code);
            assertThat(e.getStatus().getDescription()).contains(sentence).endsWith(".").doesNotContain("\n");
        });
    }

    @Test
    void unknownModelOrVersion() {
        refused(GrpcClient.request("a").toBuilder().setModelName("nosuch").build(), Status.Code.NOT_FOUND, "no model 'nosuch'");
        refused(GrpcClient.request("a").toBuilder().setModelVersion("2").build(), Status.Code.NOT_FOUND, "no version '2'");
        ModelMetadataRequest metadata = ModelMetadataRequest.newBuilder().setName("nosuch").build();
        assertThatThrownBy(() -> client.blocking().modelMetadata(metadata)).hasMessageStartingWith("NOT_FOUND: There is no model");
        ModelReadyRequest ready = ModelReadyRequest.newBuilder().setName("echo").setVersion("0").build();
        assertThatThrownBy(() -> client.blocking().modelReady(ready)).hasMessageStartingWith("NOT_FOUND: Model 'echo' has no version '0'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"kernel failure", "kernel error"})
    void kernelFailureFailsThatCallOnly(String text) {
        refused(GrpcClient.request(text), Status.Code.INTERNAL, "log");
        assertThat(GrpcClient.labels(client.blocking().modelInfer(GrpcClient.request("fine")))).containsExactly("fine");
    }
}
