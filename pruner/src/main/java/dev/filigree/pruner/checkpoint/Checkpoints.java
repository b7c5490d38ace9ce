package dev.filigree.pruner.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one run, in a folder of their own. While they are open no other process can use the folder. Not thread-safe.
 */
public final class Checkpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
    private static final String LOCK = "lock";

    private final Optional<CheckpointSite> site;
    private final Optional<FileChannel> lock;
    private final Map<String, Map<CheckpointName, CheckpointFile.Header>> found = new HashMap<>();
    private final List<String> tracks = new ArrayList<>();

    private Checkpoints(Optional<CheckpointSite> site, Optional<FileChannel> lock) {
        this.site = site;
        this.lock = lock;
    }

    /** Keeps nothing. */
    public static Checkpoints off() {
        return new Checkpoints(Optional.empty(), Optional.empty());
    }

    /**
     * Opens a folder, or makes it. Leftovers of killed writes are deleted, damaged files too, with a warning.
     *
     * @param identity settings and data by name: a run takes on the checkpoints of an equal identity alone
     * @param interval least time between two checkpoints of a running phase; they also keep a hundred times the distance that one takes to
     *     write, unless the interval is zero, which keeps every step
     * @throws IOException if the folder cannot be used, is in use, or holds the checkpoints of another run
     */
    public static Checkpoints in(Path folder, Map<String, String> identity, Duration interval) throws IOException {
        return open(folder, identity, interval, Storage.FILES, System::nanoTime);
    }

    static Checkpoints open(Path folder, Map<String, String> identity, Duration interval, Storage storage, LongSupplier clock)
            throws IOException {
        Files.createDirectories(folder);
        FileChannel lock = lock(folder);
        try {
            Map<String, String> copy = Collections.unmodifiableMap(new LinkedHashMap<>(identity));
            CheckpointSite site = new CheckpointSite(folder, copy, interval, storage, clock);
            Checkpoints checkpoints = new Checkpoints(Optional.of(site), Optional.of(lock));
            checkpoints.look(site);
            return checkpoints;
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /**
     * A sequence of phases, which goes on where an earlier run left it. What depends on another track is asked for after it.
     *
     * @param name lower-case letters, one track for each name
     */
    public Track track(String name) throws IOException {
        tracks.add(name);
        if (site.isEmpty()) {
            return new Track(name, Optional.empty());
        }
        Map<CheckpointName, CheckpointFile.Header> files = found.remove(name);
        return new Track(name, Optional.of(new TrackFiles(site.get(), name, files == null ? Map.of() : files)));
    }

    /** Deletes the checkpoints of all tracks, and the folder if nothing else is in it: the run has come to its end. */
    public void clear() throws IOException {
        if (site.isPresent()) {
            Storage storage = site.get().storage();
            List<Path> files = storage.list(site.get().folder());
            // A run that is killed here starts again with what is left, so what others depend on goes last.
            for (String track : tracks.reversed()) {
                for (Path file : files) {
                    if (CheckpointName.of(file).filter(name -> name.track().equals(track)).isPresent()) {
                        storage.delete(file);
                    }
                }
            }
            storage.delete(site.get().folder().resolve(LOCK));
            if (storage.list(site.get().folder()).isEmpty()) {
                storage.delete(site.get().folder());
            }
        }
    }

    /** Lets other processes use the folder. */
    @Override
    public void close() throws IOException {
        if (lock.isPresent()) {
            lock.get().close();
        }
    }

    /** The operating system lets go of the lock when the process ends, however it ends. */
    private static FileChannel lock(Path folder) throws IOException {
        FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            LOG.debug("This process itself holds the lock of {}.", folder);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new IOException("Another run keeps its checkpoints in " + folder + ": wait for it to end, or name another folder.");
    }

    private void look(CheckpointSite place) throws IOException {
        for (Path file : place.storage().list(place.folder())) {
            Optional<CheckpointName> name = CheckpointName.of(file);
            if (CheckpointFile.isTemporary(file)) {
                place.storage().delete(file);
            } else if (name.isPresent()) {
                Optional<CheckpointFile.Header> header = CheckpointFile.check(place.storage(), file);
                if (header.isPresent()) {
                    requireSame(place, header.get().identity());
                    found.computeIfAbsent(name.get().track(), _ -> new LinkedHashMap<>()).put(name.get(), header.get());
                } else {
                    LOG.warn("{} is damaged: what it held will be computed again.", file);
                    place.storage().delete(file);
                }
            }
        }
    }

    private static void requireSame(CheckpointSite site, Map<String, String> kept) throws IOException {
        Map<String, String> all = new LinkedHashMap<>(site.identity());
        kept.forEach(all::putIfAbsent);
        for (String name : all.keySet()) {
            String mine = site.identity().get(name);
            String theirs = kept.get(name);
            if (!Objects.equals(mine, theirs)) {
                throw new IOException(site.folder() + " holds checkpoints of another run: '" + name + "' is "
                        + (theirs == null ? "not set" : theirs) + " there and " + (mine == null ? "not set" : mine)
                        + " here. Run it with the settings of before, name another folder, or delete this one to start over.");
            }
        }
    }
}
