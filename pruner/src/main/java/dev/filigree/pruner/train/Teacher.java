package dev.filigree.pruner.train;

import ai.djl.ndarray.NDManager;

/** A frozen model whose outputs a student imitates. */
public interface Teacher {
    /** Outputs for a batch of the training examples; the arrays belong to the given manager and carry no gradient. */
    Forward outputs(NDManager step, Batch batch);

    /**
     * A model as teacher: it is run again for every batch.
     *
     * @param model of the student's shape; nothing of it may be trained meanwhile
     */
    static Teacher of(BertClassifier model) {
        model.parameters().forEach(parameter -> parameter.setTrainable(false));
        return model::forward;
    }
}
