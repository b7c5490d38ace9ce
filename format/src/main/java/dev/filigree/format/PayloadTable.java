package dev.filigree.format;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;

/** Hands each payload to the one tensor that names it. */
final class PayloadTable {
    private final Source source;
    private final List<MemorySegment> payloads;
    private final BitSet taken = new BitSet();

    PayloadTable(Source source, List<MemorySegment> payloads) {
        this.source = source;
        this.payloads = payloads;
    }

    void verifyChecksums(List<FileScanner.Entry> table) throws ModelFormatException {
        Segments segments = new Segments(payloads);
        for (int i = 0; i < payloads.size(); i++) {
            if (segments.crc32c(payloads.get(i)) != table.get(i).crc32c()) {
                throw source.refuse(Refusal.BAD_CHECKSUM, "payload " + i + " is damaged: its checksum does not fit; copy the file again.");
            }
        }
    }

    /** A payload of any length. */
    MemorySegment take(int index, String tensor) throws ModelFormatException {
        long unsigned = Integer.toUnsignedLong(index);
        if (unsigned >= payloads.size()) {
            throw source.refuse(Refusal.BAD_PAYLOAD_TABLE,
                    tensor + " names payload " + unsigned + ", but the file has only " + payloads.size() + ".");
        }
        if (taken.get(index)) {
            throw source.refuse(Refusal.BAD_PAYLOAD_TABLE, tensor + " names payload " + index + ", which another tensor has named before.");
        }
        taken.set(index);
        return payloads.get(index);
    }

    /** A payload of a known length. */
    MemorySegment take(int index, String tensor, long bytes) throws ModelFormatException {
        MemorySegment payload = take(index, tensor);
        if (payload.byteSize() != bytes) {
            throw source.refuse(Refusal.LENGTH_MISMATCH,
                    tensor + " needs " + bytes + " bytes, but its payload " + index + " has " + payload.byteSize() + ".");
        }
        return payload;
    }

    /** Fp32 numbers, copied to the heap. */
    float[] takeFloats(int index, String tensor, int count) throws ModelFormatException {
        float[] values = LittleEndian.floatsOf(take(index, tensor, (long) count * Float.BYTES));
        for (int i = 0; i < count; i++) {
            if (!Float.isFinite(values[i])) {
                throw source.refuse(
                        Refusal.BAD_WEIGHT, tensor + " holds " + values[i] + " at index " + i + ", which is not a finite number.");
            }
        }
        return values;
    }

    void requireAllTaken() throws ModelFormatException {
        int unused = taken.nextClearBit(0);
        if (unused < payloads.size()) {
            throw source.refuse(Refusal.BAD_PAYLOAD_TABLE, "no tensor names payload " + unused + ".");
        }
    }
}
