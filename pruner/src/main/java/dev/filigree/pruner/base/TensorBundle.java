package dev.filigree.pruner.base;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.filigree.pruner.base.tensorflow.BundleEntryProto;
import dev.filigree.pruner.base.tensorflow.BundleHeaderProto;
import dev.filigree.pruner.base.tensorflow.DataType;
import dev.filigree.pruner.base.tensorflow.TensorShapeProto;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * TensorFlow's tensor bundle: {@code NAME.index}, a {@link LevelTable} of protobuf entries, and the tensors themselves in
 * {@code NAME.data-00000-of-00001} and its like. The data are read once from start to end, so they may come out of an archive, and never
 * lie in memory as a whole.
 */
final class TensorBundle {
    /** The version of the format that TensorFlow writes. */
    private static final int VERSION = 1;
    private static final int MAX_INDEX_BYTES = 1 << 24;
    private static final int MAX_RANK = 8;
    private static final int CHUNK = 1 << 20;

    private final Folder folder;
    private final String name;
    private final Map<String, Tensor> tensors = new TreeMap<>();
    private final int shards;

    /** Where the files of a bundle are. */
    @FunctionalInterface
    interface Folder {
        /**
         * Opens a file.
         *
         * @throws IOException with a sentence when it is not there
         */
        InputStream open(String name) throws IOException;
    }

    /**
     * Where a tensor lies. Its size is that of its shape if it holds floats.
     *
     * @param dims its shape
     * @param floats whether its values are fp32
     * @param shard the data file
     * @param offset first byte in the data file
     * @param size bytes
     * @param checksum masked CRC32C of the bytes
     */
    record Tensor(String name, List<Long> dims, boolean floats, int shard, long offset, long size, int checksum) {
        Tensor {
            dims = List.copyOf(dims);
        }
    }

    /** Chooses tensors and takes them. */
    interface Reader {
        /** Whether the values of a tensor are wanted: memory is taken for these alone. */
        boolean wants(Tensor tensor) throws BaseModelException;

        /** The values of a tensor, row-major. */
        void take(Tensor tensor, float[] values) throws BaseModelException;
    }

    private TensorBundle(Folder folder, String name, SequencedMap<String, byte[]> entries) throws BaseModelException {
        this.folder = folder;
        this.name = name;
        this.shards = shards(Optional.ofNullable(entries.remove("")));
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
            tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue()));
        }
    }

    /** Reads the index. */
    static TensorBundle open(Folder folder, String name) throws BaseModelException {
        String index = name + ".index";
        try (InputStream in = folder.open(index)) {
            byte[] bytes = in.readNBytes(MAX_INDEX_BYTES + 1);
            if (bytes.length > MAX_INDEX_BYTES) {
                throw new BaseModelException(index + " is larger than the index of any BERT encoder: get the model again.");
            }
            return new TensorBundle(folder, name, LevelTable.read(bytes, index));
        } catch (IOException e) {
            throw unreadable(index, e);
        }
    }

    /** Every tensor, in the order of the names. */
    Collection<Tensor> tensors() {
        return tensors.values();
    }

    /**
     * Reads the data, checking the checksum of every tensor, wanted or not. A tensor is handed out only when its checksum is right.
     *
     * @throws BaseModelException when the data are not what the index says
     */
    void read(Reader reader) throws BaseModelException {
        for (int shard = 0; shard < shards; shard++) {
            int number = shard;
            List<Tensor> here = tensors.values().stream()
                    .filter(tensor -> tensor.shard() == number)
                    .sorted(Comparator.comparingLong(Tensor::offset).thenComparingLong(Tensor::size))
                    .toList();
            String file = "%s.data-%05d-of-%05d".formatted(name, shard, shards);
            try (InputStream in = folder.open(file)) {
                readShard(here, in, file, reader);
            } catch (EOFException e) {
                throw new BaseModelException(file + " ends before its last tensor: get the model again.");
            } catch (IOException e) {
                throw unreadable(file, e);
            }
        }
    }

    private static void readShard(List<Tensor> tensors, InputStream in, String file, Reader reader) throws IOException {
        byte[] chunk = new byte[CHUNK];
        long position = 0;
        for (Tensor tensor : tensors) {
            if (tensor.offset() < position) {
                throw new BaseModelException(file + ": tensor " + tensor.name() + " overlaps the one before it: get the model again.");
            }
            in.skipNBytes(tensor.offset() - position);
            position = tensor.offset() + tensor.size();
            boolean wanted = reader.wants(tensor);
            if (wanted && (!tensor.floats() || tensor.size() / Float.BYTES > Integer.MAX_VALUE - 8)) {
                throw new BaseModelException(
                        file + ": tensor " + tensor.name() + " is not stored as fp32, or is too large for an encoder.");
            }
            float[] values = new float[wanted ? (int) (tensor.size() / Float.BYTES) : 0];
            CRC32C crc = new CRC32C();
            for (long at = 0; at < tensor.size(); at += chunk.length) {
                int length = (int) Math.min(chunk.length, tensor.size() - at);
                if (in.readNBytes(chunk, 0, length) < length) {
                    throw new EOFException();
                }
                crc.update(chunk, 0, length);
                if (wanted) {
                    ByteBuffer.wrap(chunk, 0, length).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer()
                            .get(values, (int) (at / Float.BYTES), length / Float.BYTES);
                }
            }
            if (LevelTable.masked(crc) != tensor.checksum()) {
                throw new BaseModelException(file + " is damaged: the checksum of " + tensor.name() + " is wrong: get the model again.");
            }
            if (wanted) {
                reader.take(tensor, values);
            }
        }
        if (in.read() != -1) {
            throw new BaseModelException(file + " goes on after its last tensor: get the model again.");
        }
    }

    private int shards(Optional<byte[]> bytes) throws BaseModelException {
        if (bytes.isEmpty()) {
            throw refuse("has no header");
        }
        BundleHeaderProto header;
        try {
            header = BundleHeaderProto.parseFrom(bytes.get());
        } catch (InvalidProtocolBufferException e) {
            throw refuse("has a header that does not parse");
        }
        if (header.getEndianness() != BundleHeaderProto.Endianness.LITTLE || header.getVersion().getMinConsumer() > VERSION) {
            throw refuse("is big-endian or of a version that this reader does not know");
        }
        if (header.getNumShards() < 1 || header.getNumShards() > 99_999) {
            throw refuse("says that it has " + header.getNumShards() + " data files");
        }
        return header.getNumShards();
    }

    private Tensor tensor(String key, byte[] bytes) throws BaseModelException {
        BundleEntryProto entry;
        try {
            entry = BundleEntryProto.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw refuse("has an entry for " + key + " that does not parse");
        }
        if (entry.getSlicesCount() > 0) {
            throw refuse("stores " + key + " in slices: save it without partitions");
        }
        List<Long> dims = new ArrayList<>();
        entry.getShape().getDimList().forEach(dim -> dims.add(dim.getSize()));
        boolean floats = entry.getDtype() == DataType.DT_FLOAT;
        if (entry.getShardId() < 0 || entry.getShardId() >= shards || entry.getOffset() < 0 || entry.getSize() < 0
                || entry.getOffset() > Long.MAX_VALUE - entry.getSize() || !plausible(entry.getShape())) {
            throw refuse("places " + key + " outside its data");
        }
        if (floats && floatBytes(dims) != entry.getSize()) {
            throw refuse("gives " + key + " " + entry.getSize() + " bytes for the shape " + dims);
        }
        return new Tensor(key, dims, floats, entry.getShardId(), entry.getOffset(), entry.getSize(), entry.getCrc32C());
    }

    private static boolean plausible(TensorShapeProto shape) {
        return !shape.getUnknownRank() && shape.getDimCount() <= MAX_RANK
                && shape.getDimList().stream().allMatch(dim -> dim.getSize() >= 0);
    }

    /** Bytes of so many floats; -1 if no file could hold them. */
    private static long floatBytes(List<Long> dims) {
        long bytes = Float.BYTES;
        try {
            for (long dim : dims) {
                bytes = Math.multiplyExact(bytes, dim);
            }
        } catch (ArithmeticException e) {
            return -1;
        }
        return bytes;
    }

    private static BaseModelException unreadable(String file, IOException e) {
        return e instanceof BaseModelException refusal
                ? refusal
                : new BaseModelException(file + " cannot be read (" + e.getMessage() + "): get the model again.");
    }

    private BaseModelException refuse(String what) {
        return new BaseModelException(name + ".index " + what + ": get the model again.");
    }
}
