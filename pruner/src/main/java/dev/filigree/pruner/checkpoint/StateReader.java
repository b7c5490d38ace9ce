package dev.filigree.pruner.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads what a {@link StateWriter} wrote, by the same names in the same order. Not thread-safe. */
public final class StateReader {
    private static final int CHUNK = StateWriter.CHUNK;

    private final InputStream in;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);

    StateReader(InputStream in) {
        this.in = in;
    }

    /** Fills an array of floats, which must have the length it was written with. */
    public void floats(String name, float[] into) throws IOException {
        require(name, into.length, head(name, StateWriter.FLOATS));
        int step = CHUNK / Float.BYTES;
        for (int from = 0; from < into.length; from += step) {
            int n = Math.min(step, into.length - from);
            fill(n * Float.BYTES);
            chunk.asFloatBuffer().get(into, from, n);
        }
    }

    /** Fills an array of doubles, which must have the length it was written with. */
    public void doubles(String name, double[] into) throws IOException {
        require(name, into.length, head(name, StateWriter.DOUBLES));
        readDoubles(into);
    }

    /** Reads an array of doubles of whatever length. */
    public double[] doubles(String name) throws IOException {
        double[] values = new double[head(name, StateWriter.DOUBLES)];
        readDoubles(values);
        return values;
    }

    /** Fills an array of integers, which must have the length it was written with. */
    public void integers(String name, int[] into) throws IOException {
        require(name, into.length, head(name, StateWriter.INTEGERS));
        int step = CHUNK / Integer.BYTES;
        for (int from = 0; from < into.length; from += step) {
            int n = Math.min(step, into.length - from);
            fill(n * Integer.BYTES);
            chunk.asIntBuffer().get(into, from, n);
        }
    }

    /** Reads one whole number. */
    public long number(String name) throws IOException {
        require(name, 1, head(name, StateWriter.LONG));
        fill(Long.BYTES);
        return chunk.getLong(0);
    }

    /** Reads one fraction. */
    public double real(String name) throws IOException {
        double[] value = new double[1];
        doubles(name, value);
        return value[0];
    }

    /** Reads a text. */
    public String text(String name) throws IOException {
        return string(head(name, StateWriter.TEXT));
    }

    private void readDoubles(double[] into) throws IOException {
        int step = CHUNK / Double.BYTES;
        for (int from = 0; from < into.length; from += step) {
            int n = Math.min(step, into.length - from);
            fill(n * Double.BYTES);
            chunk.asDoubleBuffer().get(into, from, n);
        }
    }

    /** Returns the number of elements. */
    private int head(String name, byte type) throws IOException {
        fill(Short.BYTES);
        String found = string(Short.toUnsignedInt(chunk.getShort(0)));
        fill(1 + Integer.BYTES);
        byte foundType = chunk.get(0);
        int count = chunk.getInt(1);
        if (!found.equals(name) || foundType != type || count < 0) {
            throw new IOException("The checkpoint holds '" + found + "' (" + (char) foundType + ") where '" + name + "' (" + (char) type
                    + ") was expected: it is of another version or model.");
        }
        return count;
    }

    private static void require(String name, int wanted, int found) throws IOException {
        if (found != wanted) {
            throw new IOException("The checkpoint holds " + found + " values of '" + name + "' where " + wanted
                    + " were expected: it is of another model.");
        }
    }

    private String string(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("The checkpoint ends in the middle.");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private void fill(int bytes) throws IOException {
        chunk.clear();
        if (in.readNBytes(chunk.array(), 0, bytes) < bytes) {
            throw new EOFException("The checkpoint ends in the middle.");
        }
    }
}
