package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.runtime.FiligreeVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every endpoint and field of the Open Inference Protocol over REST, through a socket. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class OpenInferenceRestTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Served served;

    @BeforeEach
    void serve() throws IOException {
        served = new Served(Served.LIMITS, 1, "echo", "pairs");
    }

    @AfterEach
    void stop() {
        served.close();
    }

    private RawClient.Response get(String path) throws IOException {
        return served.exchange(RawClient.get(path));
    }

    private static String request(String path, String body, String... headers) {
        return RawClient.head("POST", path, "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length, headers) + body;
    }

    private RawClient.Response infer(String body, String... headers) throws IOException {
        return served.exchange(request("/v2/models/echo/infer", body, headers));
    }

    private static void ok(RawClient.Response response, String body) {
        assertThat(response.body()).isEqualTo(body.lines().map(String::strip).reduce("", String::concat));
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.headers()).containsEntry("content-type", "application/json");
    }

    private static void refused(RawClient.Response response, int status, String sentence) throws IOException {
        assertThat(response.status()).as(response.body()).isEqualTo(status);
        JsonNode error = JSON.readTree(response.body());
        assertThat(error.properties()).hasSize(1);
        assertThat(error.get("error").textValue()).contains(sentence).endsWith(".").doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v2", "/v2/"})
    void serverMetadata(String path) throws Exception {
        JsonNode metadata = JSON.readTree(get(path).body());
        assertThat(metadata.get("name").textValue()).isEqualTo("filigree");
        assertThat(metadata.get("version").textValue()).isEqualTo(FiligreeVersion.current());
        assertThat(metadata.get("extensions")).isEmpty();
        assertThat(metadata.properties()).hasSize(3);
    }

    @Test
    void health() throws Exception {
        ok(get("/v2/health/live"), "{\"live\":true}");
        ok(get("/v2/health/ready"), "{\"live\":true,\"ready\":true}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/versions/1"})
    void modelMetadata(String version) throws Exception {
        ok(get("/v2/models/echo" + version), """
                {"name":"echo","versions":["1"],"platform":"filigree",
                "inputs":[{"name":"text","datatype":"BYTES","shape":[-1]}],
                "outputs":[{"name":"label","datatype":"BYTES","shape":[-1]},
                {"name":"scores","datatype":"FP32","shape":[-1,2]},
                {"name":"logits","datatype":"FP32","shape":[-1,2]},
                {"name":"truncated","datatype":"BOOL","shape":[-1]}],
                "properties":{"labels":"[\\"other\\",\\"same\\"]"}}
                """);
        ok(get("/v2/models/echo" + version + "/ready"), "{\"name\":\"echo\",\"ready\":true}");
    }

    @Test
    void aModelOfPairsHasTwoInputs() throws Exception {
        assertThat(get("/v2/models/pairs").body()).contains("""
                "inputs":[{"name":"text","datatype":"BYTES","shape":[-1]},{"name":"text_pair","datatype":"BYTES","shape":[-1]}]""");
    }

    /** Shaped as the example of the specification. */
    @ParameterizedTest
    @ValueSource(strings = {"", "/versions/1"})
    void inference(String version) throws Exception {
        String body = """
                {
                  "id" : "42",
                  "inputs" : [
                    {
                      "name" : "text",
                      "shape" : [ 2 ],
                      "datatype" : "BYTES",
                      "data" : [ "a", "b" ]
                    }
                  ]
                }
                """;
        float a = Served.score("a");
        float b = Served.score("b");
        ok(served.exchange(request("/v2/models/echo" + version + "/infer", body)), """
                {"model_name":"echo","model_version":"1","id":"42","outputs":[
                {"name":"label","shape":[2],"datatype":"BYTES","data":["a","b"]},
                {"name":"scores","shape":[2,2],"datatype":"FP32","data":[%s,%s,%s,%s]},
                {"name":"logits","shape":[2,2],"datatype":"FP32","data":[0.0,1.0,0.0,1.0]},
                {"name":"truncated","shape":[2],"datatype":"BOOL","data":[false,false]}]}
                """.formatted(1 - a, a, 1 - b, b));
    }

    @Test
    void theOutputsAskedForInTheirOrder() throws Exception {
        ok(infer("{" + text("[1]", "[\"a\"]") + ",\"outputs\":[{\"name\":\"truncated\",\"parameters\":{}},{\"name\":\"label\"}]}"), """
                {"model_name":"echo","model_version":"1","outputs":[
                {"name":"truncated","shape":[1],"datatype":"BOOL","data":[false]},
                {"name":"label","shape":[1],"datatype":"BYTES","data":["a"]}]}
                """);
        assertThat(infer("{" + text("[1]", "[\"a\"]") + ",\"outputs\":[]}").body()).contains("label", "scores", "logits", "truncated");
    }

    private static String text(String shape, String data) {
        return "\"inputs\":[{\"name\":\"text\",\"shape\":" + shape + ",\"datatype\":\"BYTES\",\"data\":" + data + "}]";
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"[2]; ['a','b']", "[2,1]; ['a','b']", "[2, 1]; [['a'],['b']]", "[2.0]; ['a','b']"})
    void tensorsInTheirNaturalShapeOrFlat(String shape, String data) throws Exception {
        RawClient.Response response = infer("{" + text(shape, data.replace('\'', '"')) + "}");
        assertThat(response.body()).contains("\"data\":[\"a\",\"b\"]");
    }

    @Test
    void pairs() throws Exception {
        String second = "{\"name\":\"text_pair\",\"shape\":[2,1],\"datatype\":\"BYTES\",\"data\":[[\"c\"],[\"d\"]]}";
        String first = "{\"name\":\"text\",\"shape\":[2],\"datatype\":\"BYTES\",\"data\":[\"a\",\"b\"]}";
        for (String inputs : new String[] {first + "," + second, second + "," + first}) {
            RawClient.Response response = served.exchange(request("/v2/models/pairs/infer", "{\"inputs\":[" + inputs + "]}"));
            assertThat(response.body()).contains("\"data\":[\"a|c\",\"b|d\"]");
        }
        String one = "{\"name\":\"text_pair\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"c\"]}";
        refused(served.exchange(request("/v2/models/pairs/infer", "{\"inputs\":[" + first + "," + one + "]}")), 400, "not 2 and 1");
        refused(served.exchange(request("/v2/models/pairs/infer", "{\"inputs\":[" + first + "]}")), 400, "'text_pair' is missing");
        refused(infer("{\"inputs\":[" + first + "," + second + "]}"), 400, "no input 'text_pair': model 'echo' takes text.");
    }

    @Test
    void truncateIsAParameter() throws Exception {
        String data = text("[1]", "[\"" + "x".repeat(Served.EchoModel.LONGEST) + "\"]");
        assertThat(infer("{" + data + "}").body()).contains("\"datatype\":\"BOOL\",\"data\":[true]");
        assertThat(infer("{\"parameters\":{\"truncate\":true}," + data + "}").status()).isEqualTo(200);
        refused(infer("{\"parameters\":{\"truncate\":false}," + data + "}"), 400, "forbids to truncate");
    }

    @Test
    void hintsThatChangeNothingAreTaken() throws Exception {
        assertThat(infer("""
                {"parameters":{"binary_data_output":false},"outputs":[{"name":"label","parameters":{"binary_data":false}}],
                "inputs":[{"name":"text","shape":[1],"datatype":"BYTES","parameters":{"content_type":"str"},"data":["a"]}]}
                """).status()).isEqualTo(200);
    }

    /** T stands for a right input. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{ | not JSON",
            "[] | must be a JSON object with the fields id, parameters, inputs, outputs",
            "{} | 'inputs' is missing",
            "{'inputs':{}} | 'inputs' must be an array",
            "{'inputs':[]} | The input 'text' is missing: model 'echo' takes text.",
            "{'inputs':['a']} | Input 1 must be a JSON object",
            "{'inputs':[T],'x':1} | no field 'x'",
            "{'inputs':[T],'id':1} | 'id' must be a string",
            "{'inputs':[T],'id':'\\ud800'} | surrogate",
            "{'inputs':[T,T]} | 'text' is given twice",
            "{'inputs':[T],'outputs':{}} | 'outputs' must be an array",
            "{'inputs':[T],'outputs':['label']} | Output 1 must be a JSON object",
            "{'inputs':[T],'outputs':[{}]} | 'name' of output 1 must be a string",
            "{'inputs':[T],'outputs':[{'name':'x'}]} | no output 'x': known are label, scores, logits, truncated",
            "{'inputs':[T],'outputs':[{'name':'label'},{'name':'label'}]} | asked for twice",
            "{'inputs':[T],'outputs':[{'name':'label','parameters':{'binary_data':true}}]} | not offered over REST",
            "{'inputs':[T],'outputs':[{'name':'label','parameters':{'classification':2}}]} | no parameter 'classification'",
            "{'inputs':[T],'parameters':[]} | 'parameters' of the body must be a JSON object",
            "{'inputs':[T],'parameters':{'truncate':'no'}} | 'truncate' must be true or false",
            "{'inputs':[T],'parameters':{'truncate':null}} | must be a string, a number or a boolean",
            "{'inputs':[T],'parameters':{'priority':1}} | no parameter 'priority'",
            "{'inputs':[T],'parameters':{'binary_data_output':true}} | not offered over REST",
            "{'inputs':[{'shape':[1],'datatype':'BYTES','data':['a']}]} | 'name' of input 1 must be a string",
            "{'inputs':[{'name':'text','datatype':'BYTES','data':['a']}]} | 'shape' of the input 'text' must be an array",
            "{'inputs':[{'name':'text','shape':['a'],'datatype':'BYTES','data':['a']}]} | must hold whole numbers",
            "{'inputs':[{'name':'text','shape':[1.5],'datatype':'BYTES','data':['a']}]} | must hold whole numbers",
            "{'inputs':[{'name':'text','shape':[1e30],'datatype':'BYTES','data':['a']}]} | must hold whole numbers",
            "{'inputs':[{'name':'text','shape':[1],'data':['a']}]} | 'datatype' of the input 'text' must be a string",
            "{'inputs':[{'name':'text','shape':[1],'datatype':'INT32','data':[1]}]} | must be of datatype BYTES, not 'INT32'",
            "{'inputs':[{'name':'text','shape':[],'datatype':'BYTES','data':['a']}]} | must be [n] or [n, 1] for n texts, not []",
            "{'inputs':[{'name':'text','shape':[-1],'datatype':'BYTES','data':['a']}]} | not [-1]",
            "{'inputs':[{'name':'text','shape':[1,2],'datatype':'BYTES','data':['a','b']}]} | not [1, 2]",
            "{'inputs':[{'name':'text','shape':[1,1,1],'datatype':'BYTES','data':['a']}]} | not [1, 1, 1]",
            "{'inputs':[{'name':'text','shape':[0],'datatype':'BYTES','data':[]}]} | nothing to classify",
            "{'inputs':[{'name':'text','shape':[9],'datatype':'BYTES','data':['1','2','3','4','5','6','7','8','9']}]} | at most 8",
            "{'inputs':[{'name':'text','shape':[2],'datatype':'BYTES','data':['a']}]} | holds 1 elements, but its shape [2] says 2",
            "{'inputs':[{'name':'text','shape':[9999999999],'datatype':'BYTES','data':['a']}]} | holds 1 elements",
            "{'inputs':[{'name':'text','shape':[1],'datatype':'BYTES'}]} | 'data' of the input 'text' must be an array",
            "{'inputs':[{'name':'text','shape':[1],'datatype':'BYTES','data':'a'}]} | must be an array",
            "{'inputs':[{'name':'text','shape':[2],'datatype':'BYTES','data':['a',2]}]} | Element 2 of the input 'text' must be a string",
            "{'inputs':[{'name':'text','shape':[1],'datatype':'BYTES','data':[['a']]}]} | Element 1 of the input 'text' must be a string",
            "{'inputs':[{'name':'text','shape':[1,1],'datatype':'BYTES','data':[[['a']]]}]} | Element 1",
            "{'inputs':[{'name':'text','shape':[1],'datatype':'BYTES','data':['a\\ud83d']}]} | Element 1 of the input 'text' holds half",
            "{'inputs':[{'name':'text','shape':[1],'datatype':'BYTES','parameters':{'binary_data_size':9}}]} | not offered over REST",
            "{'inputs':[{'name':'text','shape':[1],'datatype':'BYTES','parameters':{'x':1},'data':['a']}]} | no parameter 'x'",
            "{'inputs':[{'name':'text','shape':[1],'datatype':'BYTES','parameters':{'content_type':'np'},'data':['a']}]} | only be 'str'",
            "{'inputs':[{'name':'text','shape':[1],'datatype':'BYTES','data':['unfit']}]} | does not fit"})
    void requestsThatDoNotFit(String body, String sentence) throws Exception {
        String right = "{'name':'text','shape':[1],'datatype':'BYTES','data':['a']}";
        refused(infer(body.replace("[T", "[" + right).replace(",T]", "," + right + "]").replace('\'', '"')), 400, sentence);
        assertThat(served.model().calls).hasValue(0);
    }

    @Test
    void theBinaryExtensionIsRefused() throws Exception {
        refused(infer("{}", "Inference-Header-Content-Length: 2"), 400, "'Inference-Header-Content-Length') is not offered over REST");
    }

    @Test
    void unknownModelOrVersion() throws Exception {
        String body = "{" + text("[1]", "[\"a\"]") + "}";
        for (String path : new String[] {"", "/ready"}) {
            refused(get("/v2/models/nosuch" + path), 404, "no model 'nosuch'");
            refused(get("/v2/models/echo/versions/2" + path), 404, "no version '2': its only version is 1");
        }
        refused(served.exchange(request("/v2/models/nosuch/infer", body)), 404, "no model 'nosuch'");
        refused(served.exchange(request("/v2/models/echo/versions/0/infer", body)), 404, "no version '0'");
    }

    /** "The body must contain the $*_error_response object", says the specification of every failed request. */
    @Test
    void whatIsNotThereIsRefusedInTheWordsOfTheProtocol() throws Exception {
        refused(get("/v2/nothing"), 404, "There is nothing at this path");
        refused(get("/v2/models/echo/nothing"), 404, "There is nothing at this path");
        refused(served.exchange("GET /v2/models/echo HTTP/1.1\r\n\r\n"), 400, "one Host header");
        assertThat(get("/v20/nothing").body()).contains("\"code\":\"unknown_path\"");
    }

    @Test
    void wrongMethodAndWrongContentType() throws Exception {
        RawClient.Response response = get("/v2/models/echo/infer");
        refused(response, 405, "answers to POST only");
        assertThat(response.headers()).containsEntry("allow", "POST");
        assertThat(served.exchange(request("/v2/models/echo", "{}")).headers()).containsEntry("allow", "GET, HEAD");
        refused(infer("{}", "Content-Type: application/octet-stream"), 415, "application/json");
    }

    @Test
    void invalidUtf8() throws Exception {
        byte[] body = ("{" + text("[1]", "[\"?\"]") + "}").getBytes(StandardCharsets.UTF_8);
        body[new String(body, StandardCharsets.UTF_8).indexOf('?')] = (byte) 0xff;
        try (RawClient client = served.connect()) {
            client.send(RawClient.head("POST", "/v2/models/echo/infer", "Content-Length: " + body.length)).send(body);
            refused(client.read(), 400, "not valid UTF-8");
        }
    }

    @Test
    void kernelFailure() throws Exception {
        refused(infer("{" + text("[1]", "[\"kernel failure\"]") + "}"), 500, "log");
    }

    @Test
    void fullQueueAndPassedDeadline() throws Exception {
        String fine = request("/v2/models/echo/infer", "{" + text("[1]", "[\"a\"]") + "}");
        try (RawClient holder = served.connect(); RawClient second = served.connect(); RawClient third = served.connect()) {
            holder.send(request("/v2/models/echo/infer", "{" + text("[1]", "[\"hold\"]") + "}"));
            Served.awaitUninterruptibly(served.model().held);
            refused(infer("{" + text("[1]", "[\"a\"]") + "}", "X-Request-Timeout-Ms: 20"), 504, "deadline passed");
            second.send(fine);
            third.send(fine);
            while (served.server.queued() < Served.LIMITS.queuedRequests()) {
                Thread.onSpinWait();
            }
            RawClient.Response response = served.exchange(fine);
            refused(response, 429, "Too many requests");
            assertThat(response.headers()).containsEntry("retry-after", "1");
            served.model().release.countDown();
            for (RawClient client : new RawClient[] {holder, second, third}) {
                assertThat(client.read().status()).isEqualTo(200);
            }
        }
    }
}
