package dev.filigree.spark;

import dev.filigree.runtime.TextInput;
import java.util.List;

/**
 * A model that this JVM has loaded. Thread-safe.
 *
 * @param <A> what it answers
 */
interface OpenModel<A> extends AutoCloseable {
    /** The answers, in the order of the inputs. */
    List<A> answer(List<TextInput> inputs);

    @Override
    void close();
}
