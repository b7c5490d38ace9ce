package dev.filigree.pruner.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import dev.filigree.pruner.base.tensorflow.BundleEntryProto;
import dev.filigree.pruner.base.tensorflow.BundleHeaderProto;
import dev.filigree.pruner.base.tensorflow.DataType;
import dev.filigree.pruner.base.tensorflow.TensorShapeProto;
import dev.filigree.pruner.base.tensorflow.VersionDef;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensor bundles and the tables that index them, written here: what is right is read, what is damaged or lies is refused. */
class TensorBundleTest {
    private static final String DATA = "variables.data-00000-of-00001";
    private static final String INDEX = "variables.index";

    @Test
    void tablesOfManyKeysComeBackInOrder() throws BaseModelException {
        SequencedMap<String, byte[]> entries = new LinkedHashMap<>();
        for (int i = 100; i < 400; i++) {
            entries.put("key/" + i, ("value " + i).repeat(i % 7).getBytes(StandardCharsets.UTF_8));
        }
        SequencedMap<String, byte[]> read = LevelTable.read(BundleFiles.table(entries), "table");
        assertThat(read.keySet()).containsExactlyElementsOf(entries.keySet());
        read.forEach((key, value) -> assertThat(value).isEqualTo(entries.get(key)));
    }

    @Test
    void checksumsAreMaskedAsInLevelDb() {
        // CRC32C of "123456789" is e3069283 (RFC 3720), masked by LevelDB's formula.
        assertThat(BundleFiles.masked("123456789".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(Integer.rotateRight(0xe3069283, 15) + 0xa282ead8);
    }

    @Test
    void anEncoderIsReadUnderTheNamesOfHuggingFace() throws BaseModelException {
        Map<String, float[]> weights = TinyEncoder.weights();
        BundleFiles bundle = new BundleFiles();
        bundle.addEncoder(TinyEncoder.SHAPE, weights, "module/");
        bundle.add("global_step", new byte[8], DataType.DT_INVALID, List.of());
        Encoder encoder = TensorFlowBert.read(bundle.write().open(), TinyEncoder.SHAPE.headWidth(), "tiny");
        assertThat(encoder.shape()).isEqualTo(TinyEncoder.SHAPE);
        assertThat(encoder.weights()).hasSize(weights.size() - 2);
        encoder.weights().forEach((name, values) -> assertThat(values).as(name).isEqualTo(weights.get(name)));
    }

    @Test
    void aTensorMayLieInASecondFileAndBeyondAHole() throws BaseModelException {
        BundleFiles bundle = two();
        bundle.header.setNumShards(2);
        bundle.entries.get("b").setShardId(1).setOffset(5);
        bundle.write();
        byte[] data = bundle.files.remove(DATA);
        bundle.files.put("variables.data-00000-of-00002", Arrays.copyOf(data, 16));
        bundle.files.put("variables.data-00001-of-00002", new byte[] {1, 2, 3, 4, 5, data[16], data[17], data[18], data[19]});
        assertThat(read(bundle).get("b")).containsExactly(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 15, 16, 19})
    void everyDamagedByteOfTheDataIsFound(int at) {
        BundleFiles bundle = two().write();
        bundle.files.get(DATA)[at] ^= 4;
        assertRefused(bundle, "the checksum of " + (at < 16 ? "a" : "b") + " is wrong");
    }

    @Test
    void noDamageOfTheIndexPasses() throws BaseModelException {
        byte[] index = two().write().files.get(INDEX);
        for (int at = 0; at < index.length; at++) {
            BundleFiles bundle = two().write();
            byte[] damaged = index.clone();
            damaged[at] ^= 1;
            bundle.files.put(INDEX, damaged);
            // A flip in the padding of the footer, or of an unread handle, is no damage to anything that is read.
            if (at < index.length - 48) {
                assertRefused(bundle, "variables.index");
            } else {
                readOrRefuse(bundle);
            }
        }
    }

    @Test
    void truncationIsFoundAtEveryByte() {
        byte[] index = two().write().files.get(INDEX);
        byte[] data = two().write().files.get(DATA);
        for (int length = 0; length < index.length; length++) {
            BundleFiles bundle = two().write();
            bundle.files.put(INDEX, Arrays.copyOf(index, length));
            assertRefused(bundle, "variables.index");
        }
        for (int length = 0; length < data.length; length++) {
            BundleFiles bundle = two().write();
            bundle.files.put(DATA, Arrays.copyOf(data, length));
            assertRefused(bundle, "ends before its last tensor");
        }
        BundleFiles longer = two().write();
        longer.files.put(DATA, Arrays.copyOf(data, data.length + 1));
        assertRefused(longer, "goes on after its last tensor");
    }

    @Test
    void lyingEntriesAreRefused() {
        assertRefused(lie(b -> b.setOffset(12)), "b overlaps the one before it");
        assertRefused(lie(b -> b.setOffset(-1)), "places b outside its data");
        assertRefused(lie(b -> b.setOffset(Long.MAX_VALUE)), "places b outside its data");
        assertRefused(lie(b -> b.setOffset(1L << 40)), "ends before its last tensor");
        assertRefused(lie(b -> b.setSize(8)), "gives b 8 bytes for the shape [1]");
        assertRefused(lie(b -> b.setSize(-4)), "places b outside its data");
        assertRefused(lie(b -> b.setShardId(1)), "places b outside its data");
        assertRefused(lie(b -> b.setShardId(-1)), "places b outside its data");
        assertRefused(lie(b -> b.setCrc32C(1)), "the checksum of b is wrong");
        assertRefused(lie(b -> b.setShape(shape(-1))), "places b outside its data");
        assertRefused(lie(b -> b.setShape(shape(1L << 33, 1L << 33))), "gives b 4 bytes for the shape");
        assertRefused(lie(b -> b.setShape(shape(1, 1, 1, 1, 1, 1, 1, 1, 1))), "places b outside its data");
        assertRefused(lie(b -> b.setShape(TensorShapeProto.newBuilder().setUnknownRank(true))), "places b outside its data");
        assertRefused(lie(b -> b.addSlices(ByteString.EMPTY)), "stores b in slices");
        assertRefused(lie(b -> b.setDtypeValue(14)), "b is not stored as fp32");
    }

    @Test
    void lyingHeadersAreRefused() {
        assertRefused(header(header -> header.setNumShards(0)), "0 data files");
        assertRefused(header(header -> header.setNumShards(1 << 30)), "data files");
        assertRefused(header(header -> header.setNumShards(2)), "of-00002 cannot be read");
        assertRefused(header(header -> header.setEndianness(BundleHeaderProto.Endianness.BIG)), "big-endian");
        assertRefused(header(header -> header.setVersion(VersionDef.newBuilder().setMinConsumer(2))), "of a version");
        BundleFiles headless = two().write();
        headless.files.put(INDEX, BundleFiles.table(new LinkedHashMap<>(Map.of("a", new byte[0]))));
        assertRefused(headless, "has no header");
        BundleFiles none = two().write();
        none.files.remove(INDEX);
        assertRefused(none, "variables.index cannot be read (there is no variables.index)");
    }

    /** With checksums that are right, so that only the structure can give it away. */
    @Test
    void tablesOfRandomBytesWithARightFooterNeverCrash() {
        Random random = new Random(5);
        for (int i = 0; i < 2_000; i++) {
            byte[] block = new byte[4 + random.nextInt(40)];
            random.nextBytes(block);
            // A plausible number of restarts, so that entries are looked at.
            Arrays.fill(block, block.length - 4, block.length, (byte) 0);
            byte[] table = BundleFiles.tableOf(block);
            try {
                LevelTable.read(table, "table");
            } catch (BaseModelException e) {
                assertThat(e).hasMessageStartingWith("table ").hasMessageEndingWith(".");
            }
        }
    }

    @Test
    void incompleteEncodersAreRefusedByName() {
        assertEncoderRefused(bundle -> bundle.entries.remove("bert/embeddings/word_embeddings"), "0 variables named");
        assertEncoderRefused(bundle -> bundle.entries.remove("bert/encoder/layer_1/output/dense/kernel"),
                "bert/encoder/layer_1/output/dense/kernel is missing");
        assertEncoderRefused(bundle -> bundle.add("bert/pooler/dense/bias", new float[3], List.of(3)),
                "bert/pooler/dense/bias has the shape [3] where [8] is needed");
        assertEncoderRefused(bundle -> bundle.add("bert/pooler/dense/bias", new float[] {1, 2, 3, Float.NaN, 5, 6, 7, 8}, List.of(8)),
                "bert/pooler/dense/bias holds a value that is not finite");
        assertEncoderRefused(bundle -> bundle.add("bert/embeddings/word_embeddings", new float[77], List.of(11, 7)),
                "7 is not divisible by that of a head, 4");
    }

    private static BundleFiles two() {
        BundleFiles bundle = new BundleFiles();
        bundle.add("a", new float[] {1, 2, 3, 4}, List.of(2, 2));
        bundle.add("b", new float[] {5}, List.of(1));
        return bundle;
    }

    private static BundleFiles lie(Consumer<BundleEntryProto.Builder> change) {
        BundleFiles bundle = two();
        change.accept(bundle.entries.get("b"));
        return bundle.write();
    }

    private static BundleFiles header(Consumer<BundleHeaderProto.Builder> change) {
        BundleFiles bundle = two();
        change.accept(bundle.header);
        return bundle.write();
    }

    private static TensorShapeProto.Builder shape(long... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        Arrays.stream(dims).forEach(dim -> shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(dim)));
        return shape;
    }

    private static Map<String, float[]> read(BundleFiles bundle) throws BaseModelException {
        Map<String, float[]> read = new LinkedHashMap<>();
        bundle.open().read(new TensorBundle.Reader() {
            @Override
            public boolean wants(TensorBundle.Tensor tensor) {
                return true;
            }

            @Override
            public void take(TensorBundle.Tensor tensor, float[] values) {
                read.put(tensor.name(), values);
            }
        });
        return read;
    }

    private static void readOrRefuse(BundleFiles bundle) {
        try {
            assertThat(read(bundle).get("a")).containsExactly(1, 2, 3, 4);
        } catch (BaseModelException e) {
            assertThat(e).hasMessageEndingWith(".");
        }
    }

    private static void assertRefused(BundleFiles bundle, String words) {
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> read(bundle))
                .withMessageContaining(words)
                .withMessageEndingWith(".");
    }

    private static void assertEncoderRefused(Consumer<BundleFiles> change, String words) {
        BundleFiles bundle = new BundleFiles();
        bundle.addEncoder(TinyEncoder.SHAPE, TinyEncoder.weights(), "");
        change.accept(bundle);
        bundle.write();
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> TensorFlowBert.read(bundle.open(), TinyEncoder.SHAPE.headWidth(), "tiny"))
                .withMessageStartingWith("tiny: ")
                .withMessageContaining(words);
    }
}
