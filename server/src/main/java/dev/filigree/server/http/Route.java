package dev.filigree.server.http;

import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.function.Function;

/**
 * What is answered at a path.
 *
 * @param method GET, which HEAD goes with, or POST
 * @param template the path; a segment {@code {name}} stands for any one segment
 * @param endpoint answers
 * @param isOpen whether it answers without a token where the server wants one
 * @param mediaTypes what the body may be; a body without a type is taken for the first; of no consequence when empty
 * @param failure how a refusal is written
 * @param admission throws an {@link ApiException} when a request would be refused now whatever its body says
 */
public record Route(
        HttpMethod method,
        String template,
        Endpoint endpoint,
        boolean isOpen,
        List<String> mediaTypes,
        Function<ApiException, Answer> failure,
        Runnable admission) {
    private static final Function<ApiException, Answer> ERRORS = readyForOverload(Answer::error);

    /** Something to read. */
    public static Route get(String template, Endpoint endpoint) {
        return new Route(HttpMethod.GET, template, endpoint, false, List.of(), ERRORS, () -> { });
    }

    /** Something that takes a body of one of these media types, or any when there are none. */
    public static Route post(String template, Endpoint endpoint, String... mediaTypes) {
        return new Route(HttpMethod.POST, template, endpoint, false, List.of(mediaTypes), ERRORS, () -> { });
    }

    /** The same without the need of a token. */
    public Route open() {
        return new Route(method, template, endpoint, true, mediaTypes, failure, admission);
    }

    /** The same with refusals written in another way. */
    public Route failing(Function<ApiException, Answer> way) {
        return new Route(method, template, endpoint, isOpen, mediaTypes, readyForOverload(way), admission);
    }

    /** The same, for which a request is refused at its head where this throws. */
    public Route admitting(Runnable check) {
        return new Route(method, template, endpoint, isOpen, mediaTypes, failure, check);
    }

    /** The one refusal that must cost next to nothing is written once. */
    private static Function<ApiException, Answer> readyForOverload(Function<ApiException, Answer> way) {
        Answer overloaded = way.apply(ApiException.OVERLOADED);
        return refusal -> refusal == ApiException.OVERLOADED ? overloaded : way.apply(refusal);
    }
}
