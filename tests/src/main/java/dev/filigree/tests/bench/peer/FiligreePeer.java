package dev.filigree.tests.bench;

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

    /** Opens a file with a provider, {@code auto} for the fastest, and names the engine after the one that runs it. */
    public static FiligreePeer open(Path file, String provider, int threads) throws ModelFormatException {
        Classifier classifier = Classifier.builder().provider(provider).threads(threads).open(file);
        return new FiligreePeer("filigree-" + classifier.provider(), classifier);
    }

    /** Opens a file with the fastest provider, under a name that tells several files apart in one table. */
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
    public float[] logits(TokenBatch batch) {
        return classifier.program().logits(batch);
    }

    @Override
    public void close() {
        classifier.close();
    }
}
