package dev.filigree.format;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Random changes of bytes that stand for anything. */
final class BytesMutation {
    private static final int[] WORDS = {
        0, 1, -1, Integer.MIN_VALUE, 0x7FC0_0000, 0x7F80_0000, 0xFF80_0000, 0x7F7F_FFFF, 0x8000_8000, 0xFC00_7C00, 0x8080_8080, 0x0A0A_0A0A,
    };

    private BytesMutation() {}

    /** A changed copy. */
    static byte[] any(byte[] bytes, SplittableRandom random) {
        int at = random.nextInt(bytes.length + 1);
        int to = Math.min(bytes.length, at + random.nextInt(1, 1 << random.nextInt(1, 10)));
        byte[] changed = bytes.clone();
        switch (random.nextInt(7)) {
            case 0, 1 -> {
                if (at < bytes.length) {
                    changed[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
                }
            }
            case 2 -> {
                int word = WORDS[random.nextInt(WORDS.length)];
                // Mostly where a number would lie.
                int start = random.nextInt(4) == 0 ? at : at & -Integer.BYTES;
                for (int i = 0; i < Integer.BYTES && start + i < changed.length; i++) {
                    changed[start + i] = (byte) (word >>> i * Byte.SIZE);
                }
            }
            case 3 -> {
                return Arrays.copyOf(bytes, at);
            }
            case 4 -> {
                return splice(bytes, at, bytes, to);
            }
            case 5 -> {
                return splice(bytes, to, bytes, at);
            }
            default -> {
                for (int i = at; i < to; i++) {
                    changed[i] = (byte) random.nextInt();
                }
            }
        }
        return changed;
    }

    /** The beginning of one and the end of another. */
    static byte[] splice(byte[] first, int end, byte[] second, int start) {
        byte[] spliced = Arrays.copyOf(first, end + second.length - start);
        System.arraycopy(second, start, spliced, end, second.length - start);
        return spliced;
    }
}
