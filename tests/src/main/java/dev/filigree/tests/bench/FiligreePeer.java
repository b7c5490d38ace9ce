package dev.filigree.tests.bench;

import dev.filigree.format.ModelFormatException;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.kernel.TokenBatch;
import java.nio.file.Path;

/** Filigree itself, with one of its providers. */
public final class FiligreePeer implements Peer {
    private final String name;
    private final Classifier classifier;

    /** Opens a file with a provider; the name tells apart several files in one table. */
    public FiligreePeer(String name, Path file, String provider, int threads) throws ModelFormatException {
        this.name = name;
        this.classifier = Classifier.builder().provider(provider).threads(threads).open(file);
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
