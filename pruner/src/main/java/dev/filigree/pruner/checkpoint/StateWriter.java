package dev.filigree.pruner.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes named values one after the other: the name, a letter for the type, the number of elements, and the elements in little-endian
 * order. Not thread-safe.
 */
public final class StateWriter {
    static final byte FLOATS = 'f';
    static final byte DOUBLES = 'd';
    static final byte INTEGERS = 'i';
    static final byte LONG = 'l';
    static final byte TEXT = 't';

    /** Bytes turned at once. */
    static final int CHUNK = 1 << 16;

    private final OutputStream out;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);

    StateWriter(OutputStream out) {
        this.out = out;
    }

    /** Writes an array of floats, bit for bit. */
    public void floats(String name, float[] values) throws IOException {
        head(name, FLOATS, values.length);
        int step = CHUNK / Float.BYTES;
        for (int from = 0; from < values.length; from += step) {
            int n = Math.min(step, values.length - from);
            chunk.asFloatBuffer().put(values, from, n);
            out.write(chunk.array(), 0, n * Float.BYTES);
        }
    }

    /** Writes an array of doubles, bit for bit. */
    public void doubles(String name, double[] values) throws IOException {
        head(name, DOUBLES, values.length);
        int step = CHUNK / Double.BYTES;
        for (int from = 0; from < values.length; from += step) {
            int n = Math.min(step, values.length - from);
            chunk.asDoubleBuffer().put(values, from, n);
            out.write(chunk.array(), 0, n * Double.BYTES);
        }
    }

    /** Writes an array of integers. */
    public void integers(String name, int[] values) throws IOException {
        head(name, INTEGERS, values.length);
        int step = CHUNK / Integer.BYTES;
        for (int from = 0; from < values.length; from += step) {
            int n = Math.min(step, values.length - from);
            chunk.asIntBuffer().put(values, from, n);
            out.write(chunk.array(), 0, n * Integer.BYTES);
        }
    }

    /** Writes one whole number. */
    public void number(String name, long value) throws IOException {
        head(name, LONG, 1);
        out.write(chunk.putLong(0, value).array(), 0, Long.BYTES);
    }

    /** Writes one fraction, bit for bit. */
    public void real(String name, double value) throws IOException {
        doubles(name, new double[] {value});
    }

    /** Writes a text. */
    public void text(String name, String value) throws IOException {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        head(name, TEXT, bytes.length);
        out.write(bytes);
    }

    private void head(String name, byte type, int count) throws IOException {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        chunk.clear().putShort((short) bytes.length);
        out.write(chunk.array(), 0, Short.BYTES);
        out.write(bytes);
        chunk.clear().put(type).putInt(count);
        out.write(chunk.array(), 0, 1 + Integer.BYTES);
        chunk.clear();
    }
}
