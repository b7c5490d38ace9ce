package dev.filigree.djl;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.djl.util.Pair;
import java.util.function.Function;

/**
 * Between an application's types and what {@link FiligreeBlock} takes and gives.
 *
 * @param <I> what the application gives
 * @param <A> what the block answers
 * @param <O> what the application gets
 * @param input makes the block's text
 * @param answer class of {@code A}
 * @param output makes the application's answer
 */
record TextTranslator<I, A, O>(Function<I, Object> input, Class<A> answer, Function<A, O> output) implements Translator<I, O> {
    private static final Batchifier BATCHIFIER = new TextBatchifier();

    @Override
    public Batchifier getBatchifier() {
        return BATCHIFIER;
    }

    @Override
    public NDList processInput(TranslatorContext ctx, I text) throws TranslateException {
        if (text == null || text instanceof Pair<?, ?> pair && (pair.getKey() == null || pair.getValue() == null)) {
            throw new TranslateException("An input, or a text of a pair, is null: give a text, be it an empty one.");
        }
        return FiligreeBlock.carry(input.apply(text));
    }

    @Override
    public O processOutput(TranslatorContext ctx, NDList answers) {
        return output.apply(answer.cast(FiligreeBlock.carried(answers)));
    }
}
