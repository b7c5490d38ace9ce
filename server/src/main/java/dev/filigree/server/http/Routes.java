package dev.filigree.server.http;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Everything that a server can be asked. Immutable and thread-safe. */
public final class Routes {
    private final Map<String, List<Route>> literal = new HashMap<>();
    private final Map<List<String>, List<Route>> patterns = new HashMap<>();
    /** How refusals are written, by the first segment of paths. */
    private final Map<String, Function<ApiException, Answer>> failures = new HashMap<>();

    private Routes() {}

    /** A route and what its template's variables stand for. */
    record Match(Route route, Map<String, String> variables) {}

    /** Routes of which no two have the same method and template. */
    public static Routes of(List<Route> all) {
        Routes routes = new Routes();
        for (Route route : all) {
            List<Route> same = route.template().contains("{")
                    ? routes.patterns.computeIfAbsent(segments(route.template()), _ -> new ArrayList<>())
                    : routes.literal.computeIfAbsent(route.template(), _ -> new ArrayList<>());
            if (same.stream().anyMatch(other -> other.method().equals(route.method()))) {
                throw new IllegalArgumentException("Two routes answer " + route.method() + " " + route.template() + ".");
            }
            same.add(route);
            routes.failures.putIfAbsent(firstSegment(route.template()), route.failure());
        }
        return routes;
    }

    /** Every route. */
    public Stream<Route> all() {
        return Stream.concat(literal.values().stream(), patterns.values().stream()).flatMap(List::stream);
    }

    /**
     * The route of a request.
     *
     * @throws ApiException when there is nothing at the path, or not by this method
     */
    Match find(HttpMethod method, String target) {
        String path = path(target);
        List<Route> exact = literal.get(path);
        if (exact != null) {
            return new Match(choose(method, exact), Map.of());
        }
        List<String> wanted = segments(path);
        for (Map.Entry<List<String>, List<Route>> pattern : patterns.entrySet()) {
            Optional<Map<String, String>> variables = match(pattern.getKey(), wanted);
            if (variables.isPresent()) {
                return new Match(choose(method, pattern.getValue()), variables.get());
            }
        }
        throw ApiException.unknownPath();
    }

    /** How a request that finds no route is refused: in the way of the paths that begin as its own does. */
    Function<ApiException, Answer> failure(String target) {
        return failures.getOrDefault(firstSegment(path(target)), Answer::error);
    }

    private static String firstSegment(String path) {
        List<String> segments = segments(path);
        return segments.size() < 2 ? "" : segments.get(1);
    }

    private static Route choose(HttpMethod method, List<Route> routes) {
        HttpMethod wanted = method.equals(HttpMethod.HEAD) ? HttpMethod.GET : method;
        for (Route route : routes) {
            if (route.method().equals(wanted)) {
                return route;
            }
        }
        String allowed = routes.stream()
                .map(route -> route.method().equals(HttpMethod.GET) ? "GET, HEAD" : route.method().name())
                .sorted()
                .collect(Collectors.joining(", "));
        throw ApiException.methodNotAllowed(allowed);
    }

    private static Optional<Map<String, String>> match(List<String> pattern, List<String> path) {
        if (pattern.size() != path.size()) {
            return Optional.empty();
        }
        Map<String, String> variables = new HashMap<>();
        for (int i = 0; i < path.size(); i++) {
            String part = pattern.get(i);
            if (part.startsWith("{")) {
                variables.put(part.substring(1, part.length() - 1), path.get(i));
            } else if (!part.equals(path.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(variables);
    }

    private static List<String> segments(String path) {
        return List.of(path.split("/", -1));
    }

    /** The path of an origin-form or absolute-form target (RFC 9112, 3.2), undecoded: no known path has anything to decode. */
    private static String path(String target) {
        int scheme = target.startsWith("/") ? -1 : target.indexOf("://");
        int start = scheme < 0 ? 0 : target.indexOf('/', scheme + "://".length());
        return start < 0 ? "/" : new QueryStringDecoder(target.substring(start)).rawPath();
    }
}
