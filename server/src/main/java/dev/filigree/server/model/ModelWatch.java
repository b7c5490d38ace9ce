package dev.filigree.server.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for model files that are new, changed or gone. A file counts as changed when it is not what was last loaded, and is the same on two
 * looks, so that one which is still being written is left alone; and as gone when it is missing on two looks. Not thread-safe.
 */
final class ModelWatch {
    private static final Logger LOG = LoggerFactory.getLogger(ModelWatch.class);

    private final ModelRegistry registry;
    private final Map<String, Path> named;
    private final Optional<Path> folder;
    /** Files of the folder that are served, or were to be. */
    private final Map<String, Path> fromFolder = new HashMap<>();
    /** What was there at the last look. */
    private Map<Path, FileStamp> before = Map.of();
    /** Models of the folder whose files were missing when it was last seen with files in it. */
    private Set<String> missedBefore = Set.of();
    /** What was complained about at the last look, and what is at this one. */
    private Set<String> complained = new HashSet<>();
    private Set<String> complaints = new HashSet<>();

    /**
     * Watches the files of models that are already loaded.
     *
     * @param named files with a name given to them
     * @param folder of which every {@code *.filigree} is served
     */
    ModelWatch(ModelRegistry registry, Map<String, Path> named, Optional<Path> folder) {
        this.registry = registry;
        this.named = named;
        this.folder = folder;
        registry.list().stream()
                .filter(model -> !named.containsKey(model.name()))
                .forEach(model -> fromFolder.put(model.name(), model.file().orElseThrow()));
    }

    /** Looks once. Throws nothing: the next look may do better. */
    void look() {
        try {
            lookAtAll();
        } catch (RuntimeException | Error e) {
            LOG.error("Looking for changed models failed.", e);
        }
        complained = complaints;
        complaints = new HashSet<>();
    }

    private void lookAtAll() {
        Map<Path, FileStamp> now = new HashMap<>();
        named.forEach((name, file) -> {
            look(name, file, now);
            if (!now.containsKey(file)) {
                complain("Model " + name + " has lost its file " + file + ", and serves on.");
            }
        });
        folder.ifPresent(where -> lookAtFolder(where, now));
        before = now;
    }

    private void lookAtFolder(Path where, Map<Path, FileStamp> now) {
        Map<String, Path> listed;
        try {
            listed = ModelFolder.list(where);
        } catch (IOException e) {
            complain(e.getMessage() + " All that was loaded from it serves on.");
            return;
        }
        for (Map.Entry<String, Path> file : listed.entrySet()) {
            if (named.containsKey(file.getKey())) {
                complain(file.getValue() + " is not served, since another file was given the name '" + file.getKey() + "'.");
            } else if (!ModelSettings.isName(file.getKey())) {
                complain(ModelFolder.unfit(file.getValue()));
            } else {
                fromFolder.put(file.getKey(), file.getValue());
                look(file.getKey(), file.getValue(), now);
            }
        }
        Map<String, Path> missing = new LinkedHashMap<>(fromFolder);
        missing.keySet().removeAll(listed.keySet());
        if (listed.isEmpty()) {
            missing.forEach((name, file) ->
                    complain(file + " is gone, and no other model is left in that folder: model " + name + " serves on."));
        } else {
            missing.forEach(this::lookAtMissing);
            missedBefore = missing.keySet();
        }
    }

    private void look(String name, Path file, Map<Path, FileStamp> now) {
        FileStamp.of(file).ifPresent(stamp -> {
            now.put(file, stamp);
            if (stamp.equals(before.get(file)) && !registry.lastRead(name).equals(Optional.of(stamp))) {
                registry.loadChanged(name, file);
            }
        });
    }

    private void lookAtMissing(String name, Path file) {
        if (missedBefore.contains(name) && registry.remove(name)) {
            LOG.info("Model {} is not served any more: {} is gone.", name, file);
            fromFolder.remove(name);
        }
    }

    /** Says something once, and not again at every look. */
    private void complain(String sentence) {
        complaints.add(sentence);
        if (!complained.contains(sentence)) {
            LOG.warn(sentence);
        }
    }
}
