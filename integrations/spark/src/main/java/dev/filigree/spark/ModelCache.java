package dev.filigree.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models that this JVM has loaded: one for each file and {@link Work}, however many tasks use it at once. A task holds what it uses
 * until it ends, in whatever way. What no task holds stays for the next stage or micro-batch, but for no more than {@link #IDLE_MODELS} of
 * them, the latest used ones; the others are closed. Thread-safe.
 */
final class ModelCache {
    /** How many models may stay loaded while no task uses them. */
    static final int IDLE_MODELS = 4;
    /** The one of this JVM: tasks have nothing but the JVM in common. */
    static final ModelCache SHARED = new ModelCache(IDLE_MODELS);

    private static final Logger LOG = LoggerFactory.getLogger(ModelCache.class);

    private final int idleModels;
    /** Guarded by this; what was released last comes last. */
    private final Map<Key, Entry> entries = new LinkedHashMap<>();
    private final Map<Lease, OpenModel<?>> leases = new ConcurrentHashMap<>();
    /** Guarded by this. */
    private int loads;

    ModelCache(int idleModels) {
        this.idleModels = idleModels;
    }

    /** What makes two models the same. */
    private record Key(String digest, Work<?> work) {}

    /** A task's hold on a model. */
    private record Lease(long taskAttempt, Key key) {}

    /**
     * Uses a model, which is loaded if it is not yet. The task of this thread, if there is one, holds it from now until its end.
     *
     * @throws UncheckedIOException when the model cannot be loaded; the next call tries again
     */
    <A, R> R with(DistributedModel file, Work<A> work, Function<OpenModel<A>, R> use) {
        Key key = new Key(file.digest(), work);
        // Spark evaluates a function of constants while it plans, outside any task.
        Optional<TaskContext> task = Optional.ofNullable(TaskContext.get());
        if (task.isPresent()) {
            return use.apply(cast(held(task.get(), key, file)));
        }
        OpenModel<?> model = acquire(key, file);
        try {
            return use.apply(cast(model));
        } finally {
            release(key);
        }
    }

    /** The key's work made the model, so it answers with what that work answers with. */
    @SuppressWarnings("unchecked")
    private static <A> OpenModel<A> cast(OpenModel<?> model) {
        return (OpenModel<A>) model;
    }

    private OpenModel<?> held(TaskContext task, Key key, DistributedModel file) {
        Lease lease = new Lease(task.taskAttemptId(), key);
        OpenModel<?> model = leases.get(lease);
        if (model == null) {
            model = acquire(key, file);
            if (leases.putIfAbsent(lease, model) == null) {
                TaskCompletionListener atEnd = ended -> {
                    leases.remove(lease);
                    release(key);
                };
                task.addTaskCompletionListener(atEnd);
            } else {
                // Another thread of the same task was faster.
                release(key);
            }
        }
        return model;
    }

    /** How many models were loaded so far. */
    synchronized int loads() {
        return loads;
    }

    /** How many models are loaded. */
    synchronized int size() {
        return entries.size();
    }

    private OpenModel<?> acquire(Key key, DistributedModel file) {
        Entry entry;
        synchronized (this) {
            entry = entries.computeIfAbsent(key, absent -> new Entry());
            entry.users++;
        }
        try {
            return entry.model(key, file);
        } catch (RuntimeException | Error e) {
            release(key);
            throw e;
        }
    }

    private void release(Key key) {
        List<Entry> unused = new ArrayList<>();
        synchronized (this) {
            Entry entry = entries.get(key);
            if (--entry.users > 0) {
                return;
            }
            entries.remove(key);
            if (entry.loaded) {
                entries.put(key, entry);
            }
            long surplus = entries.values().stream().filter(other -> other.users == 0).count() - idleModels;
            Iterator<Entry> oldestFirst = entries.values().iterator();
            while (surplus > 0) {
                Entry other = oldestFirst.next();
                if (other.users == 0) {
                    oldestFirst.remove();
                    unused.add(other);
                    surplus--;
                }
            }
        }
        unused.forEach(Entry::close);
    }

    /** One model, loaded by whoever first needs it while the others wait. */
    private final class Entry {
        /** Guarded by the cache. */
        private int users;
        private volatile boolean loaded;
        /** Guarded by this. */
        private Optional<OpenModel<?>> model = Optional.empty();

        synchronized OpenModel<?> model(Key key, DistributedModel file) {
            if (model.isEmpty()) {
                model = Optional.of(load(key, file));
                loaded = true;
            }
            return model.get();
        }

        private OpenModel<?> load(Key key, DistributedModel file) {
            long start = System.nanoTime();
            OpenModel<?> opened;
            try {
                opened = key.work.open(file.open());
            } catch (IOException e) {
                throw new UncheckedIOException("Could not load " + file.name() + " from what Spark brought here: " + e.getMessage(), e);
            }
            synchronized (ModelCache.this) {
                loads++;
            }
            LOG.info("Loaded {} in {} ms", file.name(), (System.nanoTime() - start) / 1_000_000);
            return opened;
        }

        synchronized void close() {
            model.ifPresent(OpenModel::close);
        }
    }
}
