package dev.filigree.server.page;

import dev.filigree.server.http.Endpoint;
import dev.filigree.server.http.Route;
import java.util.List;

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

    /** Reads the files once, and answers with the first at {@code /} and with the others under {@code /page/}. */
    public static List<Route> routes() {
        return FILES.stream().map(name -> {
            PageFile file = PageFile.read(name);
            return Route.get(name.equals(START) ? "/" : "/page/" + name, Endpoint.now(file::answer)).open();
        }).toList();
    }
}
