package dev.filigree.pruner.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of one track: {@code NAME-K.checkpoint} is the outcome of its K-th phase and {@code NAME-K.I.checkpoint} the I-th progress
 * kept in that phase, which builds on the outcome of the phase before. The newest outcome and the two newest pieces of progress stay.
 */
final class TrackFiles {
    private static final Logger LOG = LoggerFactory.getLogger(TrackFiles.class);

    private final CheckpointSite site;
    private final String name;
    private final NavigableMap<Integer, Path> progress = new TreeMap<>();
    private Optional<Path> outcome = Optional.empty();
    private int finished;
    private List<Map.Entry<String, Long>> phases = List.of();

    /**
     * Finds where the track stands and deletes what is of no more use.
     *
     * @param found the track's undamaged files
     */
    TrackFiles(CheckpointSite site, String name, Map<CheckpointName, CheckpointFile.Header> found) throws IOException {
        this.site = site;
        this.name = name;
        for (CheckpointName file : found.keySet()) {
            if (file.progress() == 0 && file.phase() > finished) {
                finished = file.phase();
                phases = List.copyOf(found.get(file).phases().sequencedEntrySet());
                outcome = Optional.of(site.resolve(file));
            }
        }
        for (CheckpointName file : found.keySet()) {
            if (file.progress() > 0 && file.phase() == finished + 1) {
                progress.put(file.progress(), site.resolve(file));
            } else if (!outcome.equals(Optional.of(site.resolve(file)))) {
                site.storage().delete(site.resolve(file));
            }
        }
    }

    /** The nanoseconds that a phase took whose outcome, or that of a later one, is kept. */
    Optional<Long> kept(int index, String phase) throws IOException {
        if (index > finished) {
            return Optional.empty();
        }
        Map.Entry<String, Long> kept = phases.get(index - 1);
        if (!kept.getKey().equals(phase)) {
            throw new IOException(site.folder() + " holds the outcome of a phase '" + kept.getKey() + "' where this version runs '" + phase
                    + "': delete the folder to start over, or use the version that wrote it.");
        }
        return Optional.of(kept.getValue());
    }

    /** Takes on the outcome of a kept phase, unless a later one will follow. */
    void takeOn(int index, Checkpointed state) throws IOException {
        if (index == finished) {
            CheckpointFile.read(site.storage(), outcome.orElseThrow(), state);
            LOG.info("Resumed after '{}' from {}.", phases.getLast().getKey(), outcome.get());
        }
    }

    Progress begin(int index, String phase, SequencedMap<String, Long> before) {
        return new Progress(index, phase, new LinkedHashMap<>(before));
    }

    /** The progress of a phase that is running. */
    final class Progress implements PhaseCheckpoint {
        /** A write must not take more than this share of the time. */
        private static final long TIMES_ITS_COST = 100;

        private final int index;
        private final String phase;
        private final SequencedMap<String, Long> before;
        private final long start = site.clock().getAsLong();
        private long earlier;
        private long written = start;
        private long cost;

        private Progress(int index, String phase, SequencedMap<String, Long> before) {
            this.index = index;
            this.phase = phase;
            this.before = before;
        }

        long nanoseconds() {
            return earlier + site.clock().getAsLong() - start;
        }

        @Override
        public boolean resume(Checkpointed state) {
            if (index != finished + 1 || progress.isEmpty()) {
                return false;
            }
            Path file = progress.lastEntry().getValue();
            try {
                CheckpointFile.Header header = CheckpointFile.check(site.storage(), file)
                        .orElseThrow(() -> new IOException(file + " changed while it was read."));
                earlier = header.phases().lastEntry().getValue();
                CheckpointFile.read(site.storage(), file, state);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            LOG.info("Resumed within '{}' from {}.", phase, file);
            return true;
        }

        @Override
        public void offer(Checkpointed state) {
            long interval = site.interval().toNanos();
            if (interval == 0 || site.clock().getAsLong() - written >= Math.max(interval, TIMES_ITS_COST * cost)) {
                save(state);
            }
        }

        @Override
        public void save(Checkpointed state) {
            long begin = site.clock().getAsLong();
            int number = progress.isEmpty() ? 1 : progress.lastKey() + 1;
            Path file = site.resolve(new CheckpointName(name, index, number));
            if (write(file, state)) {
                progress.put(number, file);
                while (progress.size() > 2) {
                    delete(progress.pollFirstEntry().getValue());
                }
            }
            written = site.clock().getAsLong();
            cost = written - begin;
        }

        /** Keeps the outcome, which makes all other files of the track superfluous. */
        void finish(Checkpointed state) {
            Path file = site.resolve(new CheckpointName(name, index, 0));
            if (write(file, state)) {
                List<Path> old = new ArrayList<>(progress.values());
                outcome.ifPresent(old::add);
                progress.clear();
                outcome = Optional.of(file);
                finished = index;
                old.forEach(this::delete);
            }
        }

        private boolean write(Path file, Checkpointed state) {
            SequencedMap<String, Long> times = new LinkedHashMap<>(before);
            times.put(phase, nanoseconds());
            try {
                CheckpointFile.write(site.storage(), file, new CheckpointFile.Header(site.identity(), times), state);
                return true;
            } catch (IOException e) {
                LOG.warn("No checkpoint could be kept in {} ({}): the run goes on, and killed now it would start from an older one.",
                        site.folder(), e.toString());
                return false;
            }
        }

        private void delete(Path file) {
            try {
                site.storage().delete(file);
            } catch (IOException e) {
                LOG.warn("An old checkpoint cannot be deleted ({}): it takes space and does no harm.", e.toString());
            }
        }
    }
}
