package dev.filigree.spring;

import dev.filigree.runtime.CallTimings;
import dev.filigree.runtime.ClassifierListener;
import java.util.List;
import java.util.function.Consumer;

/** Tells several listeners; one that throws keeps the event from none of the others. */
record ListenerGroup(List<ClassifierListener> members) implements ClassifierListener {
    @Override
    public void completed(CallTimings call) {
        tell(member -> member.completed(call));
    }

    @Override
    public void failed(int texts, RuntimeException why) {
        tell(member -> member.failed(texts, why));
    }

    private void tell(Consumer<ClassifierListener> event) {
        RuntimeException failure = null;
        for (ClassifierListener member : members) {
            try {
                event.accept(member);
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
