package dev.filigree.runtime.kernel.nativecode;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A C struct of 32-bit integers followed by pointers, filled field by field in the order of its declaration. */
final class Struct {
    private final List<Integer> numbers = new ArrayList<>();
    private final List<MemorySegment> pointers = new ArrayList<>();

    Struct with(int number) {
        numbers.add(number);
        return this;
    }

    Struct with(MemorySegment pointer) {
        pointers.add(pointer);
        return this;
    }

    /** Writes it down; pointers stand on multiples of their size, as C has them. */
    MemorySegment allocate(Arena arena) {
        long first = Math.ceilDiv(numbers.size() * JAVA_INT.byteSize(), ADDRESS.byteSize()) * ADDRESS.byteSize();
        MemorySegment struct = arena.allocate(MemoryLayout.sequenceLayout(first / ADDRESS.byteSize() + pointers.size(), ADDRESS));
        for (int i = 0; i < numbers.size(); i++) {
            struct.setAtIndex(JAVA_INT, i, numbers.get(i));
        }
        for (int i = 0; i < pointers.size(); i++) {
            struct.set(ADDRESS, first + i * ADDRESS.byteSize(), pointers.get(i));
        }
        return struct;
    }
}
