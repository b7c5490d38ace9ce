package dev.filigree.server.model;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every version of a model that is not closed yet. Thread-safe. */
final class ModelVersions {
    private static final Logger LOG = LoggerFactory.getLogger(ModelVersions.class);

    private final Executor closer;
    private final Set<ModelVersion> open = ConcurrentHashMap.newKeySet();

    /**
     * No version yet.
     *
     * @param closer frees what versions hold when they are over, away from the thread that gave the last lease back
     */
    ModelVersions(Executor closer) {
        this.closer = closer;
    }

    /** A new version. */
    ModelVersion of(TextClassifier classifier) {
        ModelVersion version = new ModelVersion(classifier, over -> closer.execute(() -> close(over)));
        open.add(version);
        return version;
    }

    private void close(ModelVersion version) {
        // Who comes second waits for the first.
        synchronized (version) {
            if (open.remove(version)) {
                try {
                    version.classifier().close();
                } catch (RuntimeException | Error e) {
                    LOG.error("A model that is not used any more could not be closed.", e);
                }
            }
        }
    }

    /** Closes all, those of which a lease is still out when the time is over as well. Each must have been retired before. */
    void close(Duration longestLease) {
        for (ModelVersion version : open) {
            if (!version.awaitOver(longestLease)) {
                LOG.warn("A request has not given its model back within {}; the model is closed nevertheless.", longestLease);
            }
            close(version);
        }
    }
}
