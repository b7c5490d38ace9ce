package dev.filigree.pruner.base;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A mapped <a href="https://github.com/huggingface/safetensors#format">safetensors</a> file: the length of the header (8 bytes,
 * little-endian), the header in JSON, and the tensors one after the other without holes. Everything the header says is checked before
 * anything is read. Weights are copied out one at a time; the file never lies on the heap. Not thread-safe.
 */
final class Safetensors implements AutoCloseable {
    /** A hundred times the header of a large BERT; the format itself allows 10^8 bytes. */
    private static final long MAX_HEADER_BYTES = 1L << 22;
    private static final int MAX_RANK = 8;
    private static final int SHOWN_NAME = 80;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Bytes of a value of each type of the format. */
    private static final Map<String, Integer> VALUE_BYTES = Map.ofEntries(
            Map.entry("BOOL", 1), Map.entry("U8", 1), Map.entry("I8", 1), Map.entry("F8_E4M3", 1), Map.entry("F8_E5M2", 1),
            Map.entry("U16", 2), Map.entry("I16", 2), Map.entry("F16", 2), Map.entry("BF16", 2),
            Map.entry("U32", 4), Map.entry("I32", 4), Map.entry("F32", 4),
            Map.entry("U64", 8), Map.entry("I64", 8), Map.entry("F64", 8));

    private final Path file;
    private final Arena arena;
    private final MemorySegment data;
    private final Map<String, Tensor> tensors;

    /**
     * Where a tensor lies.
     *
     * @param dtype the format's word for the type of a value
     * @param dims its shape
     * @param begin first byte, counted from the end of the header
     * @param end byte after the last
     */
    private record Tensor(String name, String dtype, List<Long> dims, long begin, long end) {}

    private Safetensors(Path file, Arena arena) throws BaseModelException {
        this.file = file;
        this.arena = arena;
        MemorySegment mapped = map();
        if (mapped.byteSize() < Long.BYTES) {
            throw refuse("it is too short for a header");
        }
        long header = mapped.get(LONG, 0);
        if (header < 0 || header > MAX_HEADER_BYTES || header > mapped.byteSize() - Long.BYTES) {
            throw refuse("its header claims " + Long.toUnsignedString(header) + " bytes, more than the file has or a BERT encoder needs");
        }
        this.data = mapped.asSlice(Long.BYTES + header);
        byte[] json = mapped.asSlice(Long.BYTES, header).toArray(ValueLayout.JAVA_BYTE);
        this.tensors = tensors(JsonFile.parse(json, "The header of " + file));
        requireCover();
    }

    /**
     * Maps a file and checks its header.
     *
     * @throws BaseModelException when it cannot be read or is not as the format says
     */
    static Safetensors open(Path file) throws BaseModelException {
        Arena arena = Arena.ofConfined();
        boolean opened = false;
        try {
            Safetensors safetensors = new Safetensors(file, arena);
            opened = true;
            return safetensors;
        } catch (InternalError e) {
            throw shrunk(file);
        } finally {
            if (!opened) {
                arena.close();
            }
        }
    }

    /** Names of the tensors. */
    Set<String> names() {
        return tensors.keySet();
    }

    /** The shape of a tensor, if the file has it. */
    Optional<List<Long>> dims(String name) {
        return Optional.ofNullable(tensors.get(name)).map(Tensor::dims);
    }

    /**
     * The values of a tensor in fp32, row-major.
     *
     * @param dims the shape it must have
     * @throws BaseModelException when it is missing, of another shape, not stored as fp32, fp16 or bf16, or has a value that is not finite
     */
    float[] floats(String name, List<Integer> dims) throws BaseModelException {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw useless(name, "is missing: give the folder of a whole BERT encoder");
        }
        if (!tensor.dims().equals(dims.stream().map(Integer::longValue).toList())) {
            throw useless(name, "has the shape " + tensor.dims() + " where config.json asks for " + dims
                    + ": give the config.json of the very model");
        }
        long count = (tensor.end() - tensor.begin()) / VALUE_BYTES.get(tensor.dtype());
        if (count > Integer.MAX_VALUE - 8) {
            throw useless(name, "has " + count + " values, more than fit into an array: choose a smaller encoder");
        }
        float[] values = new float[(int) count];
        try {
            read(tensor, values);
        } catch (InternalError e) {
            throw shrunk(file);
        }
        if (!EncoderWeights.finite(values)) {
            throw useless(name, "holds a value that is not finite: choose another checkpoint");
        }
        return values;
    }

    @Override
    public void close() {
        arena.close();
    }

    private void read(Tensor tensor, float[] values) throws BaseModelException {
        MemorySegment stored = data.asSlice(tensor.begin(), tensor.end() - tensor.begin());
        switch (tensor.dtype()) {
            case "F32" -> MemorySegment.copy(stored, FLOAT, 0, values, 0, values.length);
            case "F16" -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat(stored.getAtIndex(SHORT, i));
                }
            }
            case "BF16" -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.intBitsToFloat(stored.getAtIndex(SHORT, i) << Short.SIZE);
                }
            }
            default -> throw useless(tensor.name(), "is stored as " + tensor.dtype() + ": save the model in fp32, fp16 or bf16");
        }
    }

    private MemorySegment map() throws BaseModelException {
        // Asked before opening, since opening a pipe would wait for its writer.
        if (!Files.isRegularFile(file)) {
            throw refuse("there is no such file");
        }
        try (FileChannel channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw refuse("it cannot be read (" + e.getClass().getSimpleName() + ")");
        }
    }

    private Map<String, Tensor> tensors(JsonNode header) throws BaseModelException {
        Map<String, Tensor> found = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : header.properties()) {
            if (!entry.getKey().equals("__metadata__")) {
                found.put(entry.getKey(), tensor(entry.getKey(), entry.getValue()));
            }
        }
        return found;
    }

    private Tensor tensor(String name, JsonNode entry) throws BaseModelException {
        String dtype = entry.path("dtype").asText();
        Integer valueBytes = VALUE_BYTES.get(dtype);
        if (valueBytes == null) {
            throw refuse("tensor " + shown(name) + " has the unknown type '" + shown(dtype) + "'");
        }
        List<Long> dims = integers(name, entry.path("shape"), MAX_RANK);
        List<Long> offsets = integers(name, entry.path("data_offsets"), 2);
        if (offsets.size() != 2 || offsets.get(0) > offsets.get(1) || offsets.get(1) > data.byteSize()) {
            throw refuse("tensor " + shown(name) + " lies at " + offsets + ", outside the file");
        }
        long bytes = valueBytes;
        try {
            for (long dim : dims) {
                bytes = Math.multiplyExact(bytes, dim);
            }
        } catch (ArithmeticException e) {
            throw refuse("tensor " + shown(name) + " has the shape " + dims + ", which no file can hold");
        }
        if (bytes != offsets.get(1) - offsets.get(0)) {
            throw refuse("tensor " + shown(name) + " takes " + (offsets.get(1) - offsets.get(0)) + " bytes where its shape " + dims
                    + " needs " + bytes);
        }
        return new Tensor(name, dtype, dims, offsets.get(0), offsets.get(1));
    }

    private List<Long> integers(String name, JsonNode array, int most) throws BaseModelException {
        List<Long> values = new ArrayList<>();
        for (JsonNode value : array) {
            if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
                throw refuse("tensor " + shown(name) + " has a size or offset that is no number of bytes");
            }
            values.add(value.asLong());
        }
        if (!array.isArray() || values.size() > most) {
            throw refuse("tensor " + shown(name) + " lacks its shape or offsets, or has too many");
        }
        return values;
    }

    /** The format allows neither holes nor overlaps: a byte has one meaning. */
    private void requireCover() throws BaseModelException {
        List<Tensor> sorted = new ArrayList<>(tensors.values());
        sorted.sort(Comparator.comparingLong(Tensor::begin).thenComparingLong(Tensor::end));
        long position = 0;
        for (Tensor tensor : sorted) {
            if (tensor.begin() != position) {
                throw refuse("tensor " + shown(tensor.name()) + " starts at byte " + tensor.begin() + " where the one before ends at "
                        + position);
            }
            position = tensor.end();
        }
        if (position != data.byteSize()) {
            throw refuse("its tensors end at byte " + position + " of " + data.byteSize());
        }
    }

    /** A name from the file, made fit for a sentence. */
    private static String shown(String name) {
        String cut = name.length() > SHOWN_NAME ? name.substring(0, SHOWN_NAME) + "…" : name;
        return cut.replaceAll("\\p{Cntrl}", "?");
    }

    /** What the JVM makes of a fault on a mapped page is an {@link InternalError}. */
    private static BaseModelException shrunk(Path file) {
        return new BaseModelException(file + " shrank or became unreadable while it was being read: run the command again.");
    }

    private BaseModelException refuse(String what) {
        return new BaseModelException(file + ": " + what + ": get the file again.");
    }

    /** Of a file that is whole and yet of no use. */
    private BaseModelException useless(String name, String what) {
        return new BaseModelException(file + ": weight " + shown(name) + " " + what + ".");
    }
}
