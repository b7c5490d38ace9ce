package dev.filigree.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every public method of a closed model: it is refused with the model's own exception, or it needs no open model and answers. */
class UseAfterCloseTest {
    private static final Model MODEL = TinyModels.of(TinyModels.SENTIMENT, Pooling.MEAN, 3);
    private static final Executor HERE = Runnable::run;

    @Test
    void classifier() {
        Classifier closed = Classifier.builder().executor(HERE).open(MODEL);
        List<TokenizedText> tokens = closed.tokenize(List.of(TextInput.of("good")));
        closed.close();
        List<TextInput> inputs = List.of(TextInput.of("good"));
        Map<String, Supplier<?>> refused = Map.of(
                "classify(String)", () -> closed.classify("good"),
                "classify(String, String)", () -> closed.classify("good", "bad"),
                "classify(List)", () -> closed.classify(inputs),
                "classifyTokens(List)", () -> closed.classifyTokens(tokens),
                "classifyAsync(List)", () -> joined(closed.classifyAsync(inputs)),
                "classifyAsync(List, Executor)", () -> joined(closed.classifyAsync(inputs, HERE)));
        Map<String, Supplier<?>> answered = Map.of(
                "tokenize(List)", () -> closed.tokenize(inputs),
                "model()", () -> closed.model().task(),
                "provider()", closed::provider,
                "tolerance()", closed::tolerance,
                "tokenizer()", () -> closed.tokenizer().encode("good"),
                "program()", closed::program,
                "close()", () -> closeAgain(closed));
        assertHolds(Classifier.class, ClosedClassifierException.class, refused, answered);
    }

    @Test
    void encoder() {
        Encoder closed = Encoder.builder().executor(HERE).open(MODEL);
        closed.close();
        Map<String, Supplier<?>> refused = Map.of(
                "embed(String)", () -> closed.embed("good"),
                "embed(List)", () -> closed.embed(List.of("good")),
                "encode(List)", () -> closed.encode(List.of("good")),
                "embedAsync(List)", () -> joined(closed.embedAsync(List.of("good"))),
                "embedAsync(List, Executor)", () -> joined(closed.embedAsync(List.of("good"), HERE)));
        Map<String, Supplier<?>> answered = Map.of(
                "dimensions()", closed::dimensions,
                "model()", () -> closed.model().task(),
                "provider()", closed::provider,
                "tokenizer()", () -> closed.tokenizer().encode("good"),
                "close()", () -> closeAgain(closed));
        assertHolds(Encoder.class, ClosedEncoderException.class, refused, answered);
    }

    private static void assertHolds(
            Class<?> type, Class<? extends Throwable> exception, Map<String, Supplier<?>> refused, Map<String, Supplier<?>> answered) {
        Map<String, Supplier<?>> all = new TreeMap<>(refused);
        all.putAll(answered);
        assertThat(all.keySet()).as("public methods of %s", type).isEqualTo(Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers()))
                .map(UseAfterCloseTest::signature)
                .collect(Collectors.toSet()));
        refused.forEach((name, call) -> assertThatThrownBy(call::get).as(name).isInstanceOf(exception));
        answered.forEach((name, call) -> assertThat(call.get()).as(name).isNotNull());
    }

    private static String signature(Method method) {
        return method.getName() + Arrays.stream(method.getParameterTypes()).map(Class::getSimpleName)
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private static Object joined(CompletableFuture<?> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw (RuntimeException) e.getCause();
        }
    }

    private static Object closeAgain(AutoCloseable closed) {
        try {
            closed.close();
            return true;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
