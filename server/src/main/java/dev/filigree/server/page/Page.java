package dev.filigree.server.page;

import dev.filigree.server.http.ApiException;
import dev.filigree.server.http.Endpoint;
import dev.filigree.server.http.Route;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The web page on which a person tries the models and watches the server. It has no part in answering anything: it uses the API as any
 * client does, so its files need no token. Immutable and thread-safe.
 */
public final class Page {
    private static final String START = "index.html";
    private static final List<String> FILES = List.of(
            START, "answers.js", "api.js", "app.js", "chart.js", "dom.js", "format.js", "history.js", "icon.svg", "models.js", "monitor.js",
            "prometheus.js", "rounds.js", "shell.js", "style.css", "tasks.js", "tryout.js", "wire.svg");

    private Page() {}

    /** Reads the files once, and answers with the first at {@code /} and with all under {@code /page/}. */
    public static List<Route> routes() {
        Map<String, PageFile> files = FILES.stream().collect(Collectors.toMap(Function.identity(), PageFile::read));
        return List.of(
                Route.get("/", Endpoint.now(files.get(START)::answer)).open(),
                Route.get("/page/{file}", Endpoint.now(request -> {
                    PageFile file = files.get(request.variables().get("file"));
                    if (file == null) {
                        throw ApiException.unknownPath();
                    }
                    return file.answer(request);
                })).open());
    }
}
