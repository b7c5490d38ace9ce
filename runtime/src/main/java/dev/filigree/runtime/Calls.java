package dev.filigree.runtime;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How calls are made on a model: while it is open, and told to a listener. Thread-safe.
 *
 * @param model is closed by whoever owns it
 * @param listener is told of every call
 * @param executor of asynchronous calls that name none
 */
record Calls(RunningModel model, Optional<ClassifierListener> listener, Optional<Executor> executor) {
    private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

    /** Makes a call. */
    <T> List<T> make(Passes<T> passes) {
        if (listener.isEmpty()) {
            return model.whileOpen(passes, CallWatch.NONE);
        }
        CallWatch.Timer timer = new CallWatch.Timer();
        List<T> answers;
        try {
            answers = model.whileOpen(passes, timer);
        } catch (RuntimeException e) {
            tell(told -> told.failed(passes.count(), e));
            throw e;
        }
        CallTimings timings = timer.timings(passes.count());
        tell(told -> told.completed(timings));
        return answers;
    }

    /** Makes a call on the model's executor. */
    <T> CompletableFuture<T> makeLater(Supplier<T> call) {
        return CompletableFuture.supplyAsync(call, executor.orElseThrow(() -> new IllegalStateException(
                "There is no executor for asynchronous calls: give one to the call, or to the builder with executor(...).")));
    }

    /** The model is not held meanwhile, so that the listener may close it. */
    private void tell(Consumer<ClassifierListener> event) {
        try {
            event.accept(listener.orElseThrow());
        } catch (Throwable e) {
            // Whatever it is, the caller asked for an answer and not for a listener.
            LOG.warn("The listener {} failed; the call it was told of is not affected.", listener.orElseThrow(), e);
        }
    }
}
