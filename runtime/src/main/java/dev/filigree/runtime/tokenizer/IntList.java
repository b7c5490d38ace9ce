package dev.filigree.runtime.tokenizer;

import java.util.Arrays;

/** A growing list of token ids, free of boxes. */
final class IntList {
    private int[] values = new int[64];
    private int size;

    int size() {
        return size;
    }

    void add(int value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size * 2);
        }
        values[size++] = value;
    }

    /** Drops what follows the first {@code length} values. */
    void truncate(int length) {
        size = Math.min(size, length);
    }

    /** Copies all values into an array. */
    void copyTo(int[] target, int offset) {
        System.arraycopy(values, 0, target, offset, size);
    }
}
