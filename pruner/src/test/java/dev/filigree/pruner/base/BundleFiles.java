package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import dev.filigree.pruner.base.EncoderWeights.Kind;
import dev.filigree.pruner.base.EncoderWeights.Weight;
import dev.filigree.pruner.base.tensorflow.BundleEntryProto;
import dev.filigree.pruner.base.tensorflow.BundleHeaderProto;
import dev.filigree.pruner.base.tensorflow.DataType;
import dev.filigree.pruner.base.tensorflow.TensorShapeProto;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/** Writes small tensor bundles in memory, as TensorFlow would, or with any field of them changed. */
final class BundleFiles implements TensorBundle.Folder {
    /** As LevelDB's default; entries between two restarts share prefixes. */
    private static final int RESTART_INTERVAL = 16;

    final Map<String, byte[]> files = new HashMap<>();
    final TreeMap<String, BundleEntryProto.Builder> entries = new TreeMap<>();
    final BundleHeaderProto.Builder header = BundleHeaderProto.newBuilder().setNumShards(1);
    final ByteArrayOutputStream data = new ByteArrayOutputStream();

    /** Adds an fp32 tensor. */
    void add(String name, float[] values, List<Integer> dims) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        add(name, bytes.array(), DataType.DT_FLOAT, dims);
    }

    void add(String name, byte[] bytes, DataType type, List<Integer> dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        dims.forEach(dim -> shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(dim)));
        entries.put(name, BundleEntryProto.newBuilder().setDtype(type).setShape(shape).setOffset(data.size()).setSize(bytes.length)
                .setCrc32C(masked(bytes)));
        data.writeBytes(bytes);
    }

    /** Adds the variables of an encoder under the names of Google's code: the weights {@code [out, in]} of linears are transposed. */
    void addEncoder(EncoderShape shape, Map<String, float[]> weights, String prefix) {
        List<Weight> all = new ArrayList<>(EncoderWeights.of(shape));
        all.addAll(EncoderWeights.linear("pooler.dense", shape.hidden(), shape.hidden()));
        for (Weight weight : all) {
            String name = "bert/" + weight.name().replace("layer.", "layer_").replace('.', '/');
            String stem = name.substring(0, name.lastIndexOf('/'));
            float[] values = weights.get(weight.name());
            if (weight.kind() == Kind.LINEAR) {
                float[] transposed = new float[values.length];
                int outputs = weight.dims().get(0);
                int inputs = weight.dims().get(1);
                for (int i = 0; i < values.length; i++) {
                    transposed[i % inputs * outputs + i / inputs] = values[i];
                }
                add(prefix + stem + "/kernel", transposed, List.of(inputs, outputs));
            } else if (weight.kind() == Kind.NORM) {
                add(prefix + stem + (name.endsWith("/weight") ? "/gamma" : "/beta"), values, weight.dims());
            } else {
                add(prefix + (weight.kind() == Kind.EMBEDDING ? stem : name), values, weight.dims());
            }
        }
    }

    /** Writes index and data. */
    BundleFiles write() {
        SequencedMap<String, byte[]> table = new LinkedHashMap<>();
        table.put("", header.build().toByteArray());
        entries.forEach((name, entry) -> table.put(name, entry.build().toByteArray()));
        files.put("variables.index", table(table));
        files.put("variables.data-00000-of-00001", data.toByteArray());
        return this;
    }

    TensorBundle open() throws BaseModelException {
        return TensorBundle.open(this, "variables");
    }

    @Override
    public ByteArrayInputStream open(String name) throws IOException {
        byte[] bytes = files.get(name);
        if (bytes == null) {
            throw new NoSuchFileException("there is no " + name);
        }
        return new ByteArrayInputStream(bytes);
    }

    /** A LevelDB table of two data blocks. */
    static byte[] table(SequencedMap<String, byte[]> entries) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        SequencedMap<String, byte[]> index = new LinkedHashMap<>();
        SequencedMap<String, byte[]> block = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
            block.put(entry.getKey(), entry.getValue());
            boolean last = entry.getKey().equals(entries.lastEntry().getKey());
            if (last || block.size() == Math.ceilDiv(entries.size(), 2)) {
                index.put(entry.getKey(), block(file, block));
                block = new LinkedHashMap<>();
            }
        }
        return finish(file, block(file, index));
    }

    /** A table whose index block has these contents. */
    static byte[] tableOf(byte[] index) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        return finish(file, block(file, index));
    }

    private static byte[] finish(ByteArrayOutputStream file, byte[] indexHandle) {
        byte[] meta = block(file, new LinkedHashMap<>());
        ByteBuffer footer = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
        footer.put(meta).put(indexHandle).putLong(40, 0xdb4775248b80fb57L);
        file.writeBytes(footer.array());
        return file.toByteArray();
    }

    /** Appends a block with its trailer and returns its handle. */
    private static byte[] block(ByteArrayOutputStream file, SequencedMap<String, byte[]> entries) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        ByteArrayOutputStream restarts = new ByteArrayOutputStream();
        byte[] before = {};
        int count = 0;
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
            byte[] key = entry.getKey().getBytes(StandardCharsets.UTF_8);
            int shared = 0;
            if (count % RESTART_INTERVAL == 0) {
                restarts.writeBytes(littleEndian(block.size()));
            } else {
                while (shared < Math.min(before.length, key.length) && before[shared] == key[shared]) {
                    shared++;
                }
            }
            varint(block, shared);
            varint(block, key.length - shared);
            varint(block, entry.getValue().length);
            block.write(key, shared, key.length - shared);
            block.writeBytes(entry.getValue());
            before = key;
            count++;
        }
        if (entries.isEmpty()) {
            restarts.writeBytes(littleEndian(0));
        }
        block.writeBytes(restarts.toByteArray());
        block.writeBytes(littleEndian(restarts.size() / Integer.BYTES));
        return block(file, block.toByteArray());
    }

    private static byte[] block(ByteArrayOutputStream file, byte[] contents) {
        ByteArrayOutputStream handle = new ByteArrayOutputStream();
        varint(handle, file.size());
        varint(handle, contents.length);
        byte[] typed = Arrays.copyOf(contents, contents.length + 1);
        file.writeBytes(typed);
        file.writeBytes(littleEndian(masked(typed)));
        return handle.toByteArray();
    }

    static int masked(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        int value = (int) crc.getValue();
        return (value >>> 15 | value << 17) + 0xa282ead8;
    }

    private static byte[] littleEndian(int value) {
        return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest >= 0x80) {
            out.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
