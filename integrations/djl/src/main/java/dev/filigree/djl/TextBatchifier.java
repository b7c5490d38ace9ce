package dev.filigree.djl;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;

/** Puts the texts of a batch one after the other, so that one call answers all of them, whatever their lengths. */
public final class TextBatchifier implements Batchifier {
    private static final long serialVersionUID = 1L;

    @Override
    public NDList batchify(NDList[] inputs) {
        NDList batch = new NDList(inputs.length);
        for (NDList input : inputs) {
            batch.add(input.singletonOrThrow());
        }
        return batch;
    }

    @Override
    public NDList[] unbatchify(NDList batch) {
        return batch.stream().map(NDList::new).toArray(NDList[]::new);
    }
}
