package dev.filigree.tests.bench.peer;

import dev.filigree.format.Model;
import dev.filigree.format.ModelFormatException;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.kernel.TokenBatch;
import java.nio.file.Path;

/** Filigree itself, with one of its providers. */
public final class FiligreePeer implements Peer {
    private final String name;
    private final Classifier classifier;

    private FiligreePeer(String name, Classifier classifier) {
        this.name = name;
        this.classifier = classifier;
    }

    /**
     * Opens a model with a provider, {@code auto} for the fastest. Its name is the weights' and that of the provider that runs it, such as
     * {@code sst2/native}. The model must stay open.
     */
    public static FiligreePeer open(String weights, Model model, String provider, int threads) {
        Classifier classifier = Classifier.builder().provider(provider).threads(threads).open(model);
        return new FiligreePeer(weights + "/" + classifier.provider(), classifier);
    }

    /** What a file's weights are called when they are stored in some way. */
    public static String weightsName(String file, Variant variant) {
        return variant == Variant.PACKED ? file : file + ":" + variant.label();
    }

    /** Opens a file with the fastest provider, under a name of the caller's. */
    public static FiligreePeer named(String name, Path file, int threads) throws ModelFormatException {
        return new FiligreePeer(name, Classifier.builder().threads(threads).open(file));
    }

    @Override
    public String name() {
        return name;
    }

    /** The classifier it runs. */
    public Classifier classifier() {
        return classifier;
    }

    @Override
    public float[] run(TokenBatch batch) {
        return classifier.program().logits(batch);
    }

    @Override
    public void close() {
        classifier.close();
    }
}
