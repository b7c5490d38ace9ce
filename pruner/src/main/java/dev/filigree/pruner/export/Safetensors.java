package dev.filigree.pruner.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the safetensors format: an eight-byte length, a JSON header, then the tensors without gaps, little-endian. */
final class Safetensors {
    /** The tensors start at a multiple of this; the header is padded with spaces. */
    private static final int ALIGNMENT = 8;
    private static final short HALF_EXPONENT = 0x7C00;

    private Safetensors() {}

    /**
     * Writes tensors in their order, one at a time in memory.
     *
     * @throws IllegalArgumentException when a value does not fit into fp16
     */
    static void write(List<NamedTensor> tensors, HuggingFaceExport.Values values, OutputStream out) throws IOException {
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("__metadata__", Map.of("format", "pt"));
        long offset = 0;
        for (NamedTensor tensor : tensors) {
            long end = offset + tensor.count() * values.bytes();
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", values.safetensorsName());
            entry.put("shape", tensor.shape());
            entry.put("data_offsets", new long[] {offset, end});
            header.put(tensor.name(), entry);
            offset = end;
        }
        byte[] json = new ObjectMapper().writeValueAsBytes(header);
        byte[] padded = Arrays.copyOf(json, Math.ceilDiv(json.length, ALIGNMENT) * ALIGNMENT);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(padded.length).array());
        out.write(padded);
        for (NamedTensor tensor : tensors) {
            out.write(switch (values) {
                case FP32 -> singles(tensor.values().get());
                case FP16 -> halves(tensor);
            });
        }
    }

    private static byte[] singles(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private static byte[] halves(NamedTensor tensor) {
        float[] values = tensor.values().get();
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Short.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            short half = Float.floatToFloat16(value);
            if ((half & HALF_EXPONENT) == HALF_EXPONENT) {
                throw new IllegalArgumentException(tensor.name() + " holds " + value + ", which does not fit into fp16: export fp32.");
            }
            bytes.putShort(half);
        }
        return bytes.array();
    }
}
