package dev.filigree.runtime.kernel.nativecode;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A C struct of 32-bit integers followed by pointers of 64 bits, filled field by field in the order of its declaration. */
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
        int padding = numbers.size() % (Long.BYTES / Integer.BYTES) * Integer.BYTES;
        ByteBuffer struct = ByteBuffer.allocate(numbers.size() * Integer.BYTES + padding + pointers.size() * Long.BYTES)
                .order(ByteOrder.nativeOrder());
        for (int number : numbers) {
            struct.putInt(number);
        }
        struct.position(struct.position() + padding);
        for (MemorySegment pointer : pointers) {
            struct.putLong(pointer.address());
        }
        return Memory.of(arena, struct.array());
    }
}
