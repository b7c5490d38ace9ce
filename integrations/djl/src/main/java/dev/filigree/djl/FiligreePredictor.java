package dev.filigree.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;

/** DJL's predictor, but for what a refused call says: the runtime's sentence instead of the name of an exception before it. */
final class FiligreePredictor<I, O> extends Predictor<I, O> {
    FiligreePredictor(Model model, Translator<I, O> translator, Device device) {
        super(model, translator, device, false);
    }

    @Override
    protected NDList predictInternal(TranslatorContext ctx, NDList texts) throws TranslateException {
        try {
            return super.predictInternal(ctx, texts);
        } catch (RuntimeException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }
}
