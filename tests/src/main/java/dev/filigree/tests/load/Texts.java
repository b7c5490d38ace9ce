package dev.filigree.tests.load;

import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.runtime.TextInput;
import dev.filigree.tests.load.client.Requests;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** What is asked: the sentences of the bundled sample, 2 to 30 words long, or its pairs of sentences. */
final class Texts {
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Texts() {}

    static List<TextInput> sentences() throws IOException {
        return GlueData.sample().read(GlueTask.SST2, GlueSplit.DEV).examples().stream()
                .map(Example::first)
                .map(TextInput::of)
                .toList();
    }

    static List<TextInput> pairs() throws IOException {
        return GlueData.sample().read(GlueTask.RTE, GlueSplit.DEV).examples().stream()
                .map(example -> new TextInput(example.first(), example.second()))
                .toList();
    }

    /**
     * Those that a server's model takes, which one question tells.
     *
     * @throws IOException when it takes neither, with what it answered
     */
    static List<TextInput> fitting(URI server) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build()) {
            for (List<TextInput> texts : List.of(sentences(), pairs())) {
                HttpRequest request = HttpRequest.newBuilder(server.resolve("/v1/classify"))
                        .timeout(PATIENCE)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(Requests.body(texts.subList(0, 1))))
                        .build();
                HttpResponse<String> answer = answer(client, request, server);
                if (answer.statusCode() == OK) {
                    return texts;
                }
                if (answer.statusCode() != BAD_REQUEST) {
                    throw new IOException("The server answers a text with " + answer.statusCode() + ": " + answer.body());
                }
            }
        }
        throw new IOException("The server's model takes neither a text nor a pair of texts.");
    }

    private static HttpResponse<String> answer(HttpClient client, HttpRequest request, URI server)
            throws IOException, InterruptedException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            // Not each of the JDK's client's exceptions has a message.
            throw new IOException("What listens at " + server + " does not answer as an HTTP server: "
                    + Objects.requireNonNullElse(e.getMessage(), e.toString()) + ".", e);
        }
    }
}
