package dev.filigree.pruner.base;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Writes small safetensors files: as the format says, or with any header before any data. */
public final class SafetensorsWriter {
    private final List<String> entries = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    /** Adds a tensor, its values rounded to the type: F32, F16 or BF16, or I64. */
    public SafetensorsWriter add(String name, String dtype, List<Integer> dims, float... values) {
        int begin = data.size();
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            switch (dtype) {
                case "F32" -> bytes.putFloat(value);
                case "F16" -> bytes.putShort(Float.floatToFloat16(value));
                case "BF16" -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
                case "I64" -> bytes.putLong((long) value);
                default -> throw new IllegalArgumentException(dtype);
            }
        }
        data.write(bytes.array(), 0, bytes.position());
        entries.add("\"%s\": %s".formatted(name, entry(dtype, dims.toString(), begin, data.size())));
        return this;
    }

    static String entry(String dtype, String shape, long begin, long end) {
        return "{\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": [%d, %d]}".formatted(dtype, shape, begin, end);
    }

    byte[] bytes() {
        String metadata = "\"__metadata__\": {\"format\": \"pt\"}";
        return bytes(entries.stream().collect(Collectors.joining(", ", "{" + metadata + ", ", "}   ")), data.toByteArray());
    }

    /** A file of this header and these data. */
    static byte[] bytes(String header, byte[] data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return bytes(json.length, json, data);
    }

    /** A file whose header claims a length. */
    static byte[] bytes(long claimed, byte[] header, byte[] data) {
        return ByteBuffer.allocate(Long.BYTES + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(claimed).put(header).put(data).array();
    }

    /** Writes the file. */
    public void write(Path file) throws IOException {
        Files.write(file, bytes());
    }
}
