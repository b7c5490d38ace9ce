package dev.filigree.djl;

import ai.djl.Application;
import ai.djl.Model;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.translator.CrossEncoderServingTranslator;
import ai.djl.modality.nlp.translator.TextClassificationServingTranslator;
import ai.djl.modality.nlp.translator.TextEmbeddingServingTranslator;
import ai.djl.translate.ArgumentsUtil;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import ai.djl.util.StringPair;
import dev.filigree.format.Task;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.TextInput;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Chooses a translator by the types that were asked for and by what the model tells of:
 *
 * <ul>
 *   <li>{@code String} → {@code Classifications}: labels of single texts, with their probabilities
 *   <li>{@code StringPair} → {@code Classifications}: labels of pairs
 *   <li>{@code String} → {@code Float}, {@code StringPair} → {@code Float}: the value of a regression
 *   <li>{@code String} → {@code float[]}: the embedding of a text, by any model
 *   <li>{@code StringPair} → {@code float[]}: the scores of a pair in the order of the labels, as DJL's cross-encoders give them
 *   <li>{@code Input} → {@code Output}: what DJL Serving sends and expects; texts are embedded where the application is
 *       {@link Application.NLP#TEXT_EMBEDDING}, and otherwise classified
 * </ul>
 *
 * <p>It is taken for packed files by itself; elsewhere, as in DJL Serving's {@code serving.properties}, {@code translatorFactory} names it.
 */
public final class FiligreeTranslatorFactory implements TranslatorFactory {
    /** A translator, the types that it is for, and whether it needs the encoder rather than the classifier. */
    private record Offer<I, O>(Class<I> input, Class<O> output, boolean embeds, Translator<I, O> translator) {
        @Override
        public String toString() {
            return input.getSimpleName() + " to " + output.getSimpleName();
        }
    }

    private static final Translator<String, float[]> EMBEDDING = new TextTranslator<>(text -> text, float[].class, vector -> vector);

    /** All that some model offers. */
    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.of(
                new Pair<>(String.class, Classifications.class),
                new Pair<>(StringPair.class, Classifications.class),
                new Pair<>(String.class, Float.class),
                new Pair<>(StringPair.class, Float.class),
                new Pair<>(String.class, float[].class),
                new Pair<>(StringPair.class, float[].class),
                new Pair<>(Input.class, Output.class));
    }

    /** Always: {@link #newInstance} knows the model and says what it offers instead, where DJL would only say no. */
    @Override
    public boolean isSupported(Class<?> input, Class<?> output) {
        return true;
    }

    /**
     * Chooses, and has the model laid out for what was chosen. A model that fails at its first translator is closed.
     *
     * @throws IllegalArgumentException when the model does not offer these types, or is of another engine
     * @throws ai.djl.engine.EngineException when the model cannot run here
     */
    @Override
    public <I, O> Translator<I, O> newInstance(Class<I> input, Class<O> output, Model model, Map<String, ?> arguments) {
        if (!(model instanceof FiligreeModel packed)) {
            throw new IllegalArgumentException(
                    "FiligreeTranslatorFactory is for models of the engine Filigree: ask for it with optEngine.");
        }
        LoadedModel loaded = packed.loaded();
        try {
            return choose(input, output, model.getName(), loaded, arguments);
        } catch (RuntimeException e) {
            // DJL's loader drops the model that it made for this, and does not close it.
            loaded.closeIfUnused();
            throw e;
        }
    }

    private static <I, O> Translator<I, O> choose(
            Class<I> input, Class<O> output, String name, LoadedModel loaded, Map<String, ?> arguments) {
        List<Offer<?, ?>> offers = offers(loaded.task(), asksForEmbeddings(arguments));
        for (Offer<?, ?> offer : offers) {
            if (offer.input == input && offer.output == output) {
                if (offer.embeds) {
                    loaded.encoder();
                } else {
                    loaded.classifier();
                }
                @SuppressWarnings("unchecked")
                Translator<I, O> translator = (Translator<I, O>) offer.translator;
                return translator;
            }
        }
        throw new IllegalArgumentException("Model " + name + " (" + loaded.task().name() + ") does not translate "
                + input.getSimpleName() + " to " + output.getSimpleName() + ", but "
                + offers.stream().map(Offer::toString).collect(Collectors.joining(", ")) + ": give setTypes one of these.");
    }

    private static boolean asksForEmbeddings(Map<String, ?> arguments) {
        String application = ArgumentsUtil.stringValue(arguments, "application", ArgumentsUtil.stringValue(arguments, "task"));
        return application != null
                && Application.of(application.replace('-', '_').toLowerCase(Locale.ROOT)) == Application.NLP.TEXT_EMBEDDING;
    }

    private static List<Offer<?, ?>> offers(Task task, boolean servesEmbeddings) {
        List<Offer<?, ?>> offers = new ArrayList<>();
        if (task.pairs()) {
            Function<StringPair, Object> input = pair -> TextInput.of(pair.getKey(), pair.getValue());
            offers.add(answers(task, StringPair.class, input));
            offers.add(new Offer<>(StringPair.class, float[].class, false, scores(input)));
        } else {
            offers.add(answers(task, String.class, TextInput::of));
        }
        offers.add(new Offer<>(String.class, float[].class, true, EMBEDDING));
        offers.add(new Offer<>(Input.class, Output.class, servesEmbeddings,
                servesEmbeddings ? new TextEmbeddingServingTranslator(EMBEDDING) : serving(task)));
        return offers;
    }

    private static <I> Offer<I, ?> answers(Task task, Class<I> input, Function<I, Object> text) {
        return task.regression()
                ? new Offer<>(input, Float.class, false, new TextTranslator<>(text, Classification.class, Classification::score))
                : new Offer<>(input, Classifications.class, false,
                        new TextTranslator<>(text, Classification.class, FiligreeTranslatorFactory::classifications));
    }

    private static <I> Translator<I, float[]> scores(Function<I, Object> text) {
        return new TextTranslator<>(text, Classification.class, Classification::scores);
    }

    private static Translator<Input, Output> serving(Task task) {
        if (task.pairs()) {
            return new CrossEncoderServingTranslator(scores(pair -> TextInput.of(pair.getKey(), pair.getValue())));
        }
        // A regression's one value goes out as an embedding of one number would.
        return task.regression()
                ? new TextEmbeddingServingTranslator(scores(TextInput::of))
                : new TextClassificationServingTranslator(
                        new TextTranslator<>(TextInput::of, Classification.class, FiligreeTranslatorFactory::classifications));
    }

    /** Every float is a double, so nothing is rounded. */
    private static Classifications classifications(Classification answer) {
        List<Double> probabilities = new ArrayList<>(answer.scores().length);
        for (float score : answer.scores()) {
            probabilities.add((double) score);
        }
        return new Classifications(answer.labels(), probabilities);
    }
}
