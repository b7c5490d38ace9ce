package dev.filigree.server.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.filigree.server.http.Answer;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.http.Endpoint;
import dev.filigree.server.http.Pending;
import dev.filigree.server.http.Request;
import dev.filigree.server.http.Route;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** {@code GET /v1/models} and {@code POST /v1/models/{name}/reload}. Thread-safe. */
public record ModelEndpoints(ModelRegistry models) {
    /**
     * A model that answers.
     *
     * @param file name of its file, without the folder; left out when it was made in memory
     * @param loadedAt when it was loaded, as ISO 8601
     * @param state {@code serving} or {@code reloading}
     * @param lastError why the file was refused when it was last loaded; left out when it was taken
     */
    private record Entry(
            String name,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) String file,
            long bytes,
            String task,
            List<String> labels,
            boolean pair,
            boolean regression,
            @JsonProperty("max_tokens") int maxTokens,
            String sparsity,
            String provider,
            @JsonProperty("loaded_at") String loadedAt,
            String state,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonProperty("last_error") String lastError) {
        static Optional<Entry> of(ModelStatus model) {
            return model.loaded().map(loaded -> {
                ModelFacts facts = loaded.facts();
                String at = loaded.at().truncatedTo(ChronoUnit.MILLIS).toString();
                return new Entry(model.name(), fileName(model), facts.bytes(), facts.task(), facts.labels(), facts.pairs(),
                        facts.regression(), facts.maxTokens(), facts.sparsity(), facts.provider(), at, word(model.state()),
                        model.lastError().orElse(""));
            });
        }
    }

    /** A model that does not answer: its file is being loaded for the first time, or was refused. */
    private record Missing(
            String name,
            String file,
            String state,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonProperty("last_error") String lastError) {
        static Missing of(ModelStatus model) {
            return new Missing(model.name(), fileName(model), word(model.state()), model.lastError().orElse(""));
        }
    }

    /** Models that answer, and apart from them, if there are any, those that do not. */
    private record Listing(
            List<Entry> models, @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonProperty("not_loaded") List<Missing> notLoaded) {}

    /** The routes, to be offered by a server. */
    public List<Route> routes() {
        return List.of(
                Route.get("/v1/models", Endpoint.now(_ -> list())),
                Route.post("/v1/models/{name}/reload", this::reload));
    }

    private Answer list() {
        List<ModelStatus> all = models.list();
        return Answer.json(HttpResponseStatus.OK, new Listing(
                all.stream().flatMap(model -> Entry.of(model).stream()).toList(),
                all.stream().filter(model -> model.loaded().isEmpty()).map(Missing::of).toList()));
    }

    /** Goes on to its end whether or not the client still waits for it. */
    private Pending reload(Request request, Consumer<Answer> done) {
        models.reload(request.variables().get("name")).whenComplete((model, failure) -> done.accept(switch (failure) {
            case null -> Answer.json(HttpResponseStatus.OK, Entry.of(model).orElseThrow());
            case ApiException refused -> Answer.error(refused);
            default -> Answer.error(ApiException.internal());
        }));
        return Pending.NOTHING;
    }

    private static String fileName(ModelStatus model) {
        return model.file().map(file -> file.getFileName().toString()).orElse("");
    }

    private static String word(ModelState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
