package dev.filigree.format;

import com.google.protobuf.ByteString;
import dev.filigree.format.proto.FiligreeProto;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file that must be refused.
 *
 * @param refusal the reason
 * @param name what is wrong
 * @param file makes it
 */
record Attack(Refusal refusal, String name, Maker file) {
    /** Makes the file in a folder. */
    @FunctionalInterface
    interface Maker {
        Path in(Path folder) throws Exception;
    }

    /** Changes a file that was taken apart. */
    @FunctionalInterface
    interface Change {
        void to(Forgery forgery) throws Exception;
    }

    /** Changes a file's bytes. */
    @FunctionalInterface
    interface BytesChange {
        byte[] of(byte[] file) throws Exception;
    }

    @Override
    public String toString() {
        return refusal + ": " + name;
    }

    static byte[] ints(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asIntBuffer().put(values);
        return buffer.array();
    }

    private static Attack forged(Refusal refusal, String name, Change change) {
        return new Attack(refusal, name, folder -> {
            Forgery forgery = Forgery.of(TestModels.small());
            change.to(forgery);
            return Files.write(folder.resolve("forged.filigree"), forgery.bytes());
        });
    }

    private static Attack bytes(Refusal refusal, String name, BytesChange change) {
        return new Attack(refusal, name, folder ->
                Files.write(folder.resolve("bytes.filigree"), change.of(Forgery.of(TestModels.small()).bytes())));
    }

    /** A file whose manifest is these bytes. */
    private static Attack manifest(Refusal refusal, String name, byte... manifest) {
        return new Attack(refusal, name, folder ->
                Files.write(folder.resolve("manifest.filigree"), Forgery.of(TestModels.small()).assemble(manifest)));
    }

    static Stream<Attack> all() {
        return Stream.of(files(), layouts(), manifests(), tables(), encoders(), matrices(), patterns(), tokenizers(), tasks())
                .flatMap(List::stream);
    }

    private static List<Attack> files() {
        return List.of(
                new Attack(Refusal.UNREADABLE, "no such file", folder -> folder.resolve("absent.filigree")),
                new Attack(Refusal.NOT_A_FILE, "a directory", folder -> folder),
                new Attack(Refusal.EMPTY, "no bytes", folder -> Files.createFile(folder.resolve("empty.filigree"))),
                bytes(Refusal.NOT_FILIGREE, "another format", file -> "PK\003\004 and so on".getBytes(StandardCharsets.US_ASCII)),
                bytes(Refusal.NOT_FILIGREE, "one letter of the magic", file -> with(file, 9, 'f')),
                bytes(Refusal.TRUNCATED, "half the magic", file -> Arrays.copyOf(file, 5)),
                bytes(Refusal.TRUNCATED, "half the file", file -> Arrays.copyOf(file, file.length / 2)),
                bytes(Refusal.TRUNCATED, "the last byte", file -> Arrays.copyOf(file, file.length - 1)),
                forged(Refusal.TRUNCATED, "the last payload", forgery -> {
                    forgery.freezeTable();
                    forgery.payloads.removeLast();
                }));
    }

    private static List<Attack> layouts() {
        return List.of(
                bytes(Refusal.BAD_LAYOUT, "payload before the manifest", file -> with(file, 10, 0x22)),
                bytes(Refusal.BAD_LAYOUT, "unknown field for padding", file -> with(file, firstPadding(file), 5 << 3 | 2)),
                bytes(Refusal.BAD_LAYOUT, "overlong length", file -> {
                    byte[] overlong = Arrays.copyOf(file, 21);
                    Arrays.fill(overlong, 11, 20, (byte) 0x80);
                    return overlong;
                }),
                bytes(Refusal.BAD_LAYOUT, "padding of 64 bytes", file -> insert(file, firstPadding(file), padding(64))),
                bytes(Refusal.BAD_LAYOUT, "two paddings", file -> insert(file, firstPadding(file), padding(62))),
                forged(Refusal.MISALIGNED, "no padding at all", forgery -> forgery.align = false),
                bytes(Refusal.PADDING_NOT_ZERO, "padding of ones", file -> with(file, firstPadding(file) + 2, 1)),
                bytes(Refusal.TRAILING_DATA, "one more byte", file -> Arrays.copyOf(file, file.length + 1)),
                bytes(Refusal.TRAILING_DATA, "padding at the end", file -> insert(file, file.length, padding(3))),
                bytes(Refusal.TRAILING_DATA, "two files in one", file -> insert(file, file.length, file)));
    }

    private static List<Attack> manifests() {
        return List.of(
                forged(Refusal.VERSION_TOO_NEW, "major version 2", forgery -> forgery.manifest.setMajor(2)),
                bytes(Refusal.BAD_MANIFEST_CHECKSUM, "another label", file -> with(file, indexOf(file, "positive"), 'P')),
                manifest(Refusal.MALFORMED_MANIFEST, "no manifest"),
                manifest(Refusal.MALFORMED_MANIFEST, "version that never ends", (byte) 8, (byte) 0x80),
                manifest(Refusal.MALFORMED_MANIFEST, "too short for a checksum", (byte) 8, (byte) 1),
                manifest(Refusal.MALFORMED_MANIFEST, "no checksum", new byte[] {8, 1, 16, 0, 16, 0, 16, 0}),
                manifest(Refusal.MALFORMED_MANIFEST, "field that never ends", signed(8, 1, 0x1A, 100)),
                manifest(Refusal.MALFORMED_MANIFEST, "end of a group", signed(8, 1, 0x1C)),
                manifest(Refusal.MALFORMED_MANIFEST, "groups too deep", signed(groups(1000))),
                forged(Refusal.MALFORMED_MANIFEST, "no version", forgery -> forgery.manifest.clearMajor()),
                forged(Refusal.MALFORMED_MANIFEST, "no encoder", forgery -> forgery.manifest.clearEncoder()),
                forged(Refusal.MALFORMED_MANIFEST, "no tokenizer", forgery -> forgery.manifest.clearTokenizer()),
                forged(Refusal.MALFORMED_MANIFEST, "no embeddings", forgery -> forgery.manifest.clearEmbeddings()),
                forged(Refusal.MALFORMED_MANIFEST, "no head", forgery -> forgery.manifest.clearHead()),
                forged(Refusal.MALFORMED_MANIFEST, "no task", forgery -> forgery.manifest.clearTask()),
                forged(Refusal.MALFORMED_MANIFEST, "no key", forgery -> forgery.manifest.getLayersBuilder(0).clearKey()),
                forged(Refusal.MALFORMED_MANIFEST, "no weight",
                        forgery -> forgery.manifest.getLayersBuilder(0).getKeyBuilder().clearWeight()),
                bytes(Refusal.LIMIT_EXCEEDED, "manifest of 2^62 bytes", file -> {
                    byte[] huge = Arrays.copyOf(file, 20);
                    Arrays.fill(huge, 11, 19, (byte) 0xFF);
                    huge[19] = 0x3F;
                    return huge;
                }),
                forged(Refusal.LIMIT_EXCEEDED, "ten thousand empty layers", forgery -> {
                    for (int i = 0; i < 10_000; i++) {
                        forgery.manifest.addLayers(FiligreeProto.Layer.getDefaultInstance());
                    }
                }),
                forged(Refusal.LIMIT_EXCEEDED, "too many payloads", forgery -> {
                    forgery.freezeTable();
                    for (int i = 0; i <= Limits.PAYLOADS; i++) {
                        forgery.manifest.addPayloads(FiligreeProto.Payload.getDefaultInstance());
                    }
                }));
    }

    private static List<Attack> tables() {
        return List.of(
                forged(Refusal.BAD_PAYLOAD_TABLE, "another length", forgery -> {
                    forgery.freezeTable();
                    forgery.manifest.getPayloadsBuilder(3).setLength(-1);
                }),
                forged(Refusal.BAD_PAYLOAD_TABLE, "index beyond the table", forgery -> forgery.query().setValues(-1)),
                forged(Refusal.BAD_PAYLOAD_TABLE, "payload used twice", forgery -> forgery.query().setValues(0)),
                forged(Refusal.BAD_PAYLOAD_TABLE, "payload never used", forgery -> forgery.append(new byte[100])),
                forged(Refusal.BAD_CHECKSUM, "another weight", forgery -> {
                    forgery.freezeTable();
                    forgery.payloads.getLast()[0] ^= 1;
                }),
                forged(Refusal.LENGTH_MISMATCH, "one value too few", forgery -> cut(forgery, forgery.query().getValues(), 31)),
                forged(Refusal.LENGTH_MISMATCH, "one bias too many",
                        forgery -> cut(forgery, forgery.manifest.getLayers(0).getQuery().getBias(), 36)),
                forged(Refusal.LENGTH_MISMATCH, "scales", forgery -> cut(forgery, forgery.query().getScales(), 28)),
                forged(Refusal.LENGTH_MISMATCH, "pattern ids", forgery -> cut(forgery, forgery.query().getSparse().getPatternIds(), 1)),
                forged(Refusal.LENGTH_MISMATCH, "row order", forgery -> cut(forgery, forgery.query().getSparse().getRowOrder(), 28)));
    }

    private static List<Attack> encoders() {
        return List.of(
                forged(Refusal.BAD_ENCODER_SHAPE, "3 heads for 8", forgery -> forgery.manifest.getEncoderBuilder().setHeads(3)),
                forged(Refusal.BAD_ENCODER_SHAPE, "no heads", forgery -> forgery.manifest.getEncoderBuilder().setHeads(0)),
                forged(Refusal.BAD_ENCODER_SHAPE, "NaN", forgery -> forgery.manifest.getEncoderBuilder().setLayerNormEpsilon(Float.NaN)),
                forged(Refusal.BAD_ENCODER_SHAPE, "epsilon 0", forgery -> forgery.manifest.getEncoderBuilder().setLayerNormEpsilon(0)),
                forged(Refusal.BAD_ENCODER_SHAPE, "a layer missing", forgery -> forgery.manifest.getEncoderBuilder().setLayers(2)),
                forged(Refusal.BAD_ENCODER_SHAPE, "no layers",
                        forgery -> forgery.manifest.clearLayers().getEncoderBuilder().setLayers(0)),
                forged(Refusal.BAD_ENCODER_SHAPE, "pairs with one token type", forgery -> {
                    forgery.manifest.getTaskBuilder().setPairs(true);
                    forgery.manifest.getEncoderBuilder().setTypeVocabulary(1);
                }),
                forged(Refusal.LIMIT_EXCEEDED, "hidden 2^31", forgery -> forgery.manifest.getEncoderBuilder().setHidden(1 << 31)),
                forged(Refusal.LIMIT_EXCEEDED, "2^48 weights", forgery -> {
                    forgery.manifest.getEncoderBuilder().setHidden(1 << 24).setVocabulary(1 << 24);
                    forgery.manifest.getEmbeddingsBuilder().getWordBuilder().setRows(1 << 24).setColumns(1 << 24);
                }),
                forged(Refusal.LIMIT_EXCEEDED, "2^31 weights with what fills up their groups", forgery -> {
                    // 129 columns are five groups of 32, so that 155 values are stored for a row.
                    forgery.manifest.getEncoderBuilder().setHidden(129).setHeads(3).setVocabulary(16_646_000);
                    forgery.manifest.getEmbeddingsBuilder().getWordBuilder().setRows(16_646_000).setColumns(129)
                            .getSparseBuilder().setN(31).setM(32).setV(1);
                }),
                forged(Refusal.SHAPE_MISMATCH, "rows", forgery -> forgery.query().setRows(7)),
                forged(Refusal.SHAPE_MISMATCH, "columns", forgery -> forgery.query().setColumns(9)),
                forged(Refusal.SHAPE_MISMATCH, "more words than entries",
                        forgery -> forgery.manifest.getEncoderBuilder().setVocabulary(12)));
    }

    private static List<Attack> matrices() {
        return List.of(
                forged(Refusal.BAD_DTYPE, "none", forgery -> forgery.query().clearDtype()),
                forged(Refusal.BAD_DTYPE, "unknown", forgery -> forgery.query().setDtypeValue(77)),
                forged(Refusal.BAD_SCALE, "missing", forgery -> forgery.query().clearScales()),
                forged(Refusal.BAD_SCALE, "for fp32", forgery -> forgery.manifest.getHeadBuilder().getClassifierBuilder().getWeightBuilder()
                        .setScales(forgery.append(new byte[8]))),
                forged(Refusal.BAD_SCALE, "zero", forgery -> scale(forgery, 0)),
                forged(Refusal.BAD_SCALE, "negative", forgery -> scale(forgery, -1)),
                forged(Refusal.BAD_SCALE, "NaN", forgery -> scale(forgery, Float.NaN)),
                forged(Refusal.BAD_SCALE, "infinite", forgery -> scale(forgery, Float.POSITIVE_INFINITY)),
                forged(Refusal.BAD_WEIGHT, "code -128", forgery -> forgery.payload(forgery.query().getValues()).put(31, (byte) -128)),
                forged(Refusal.BAD_WEIGHT, "code -8, low", forgery -> forgery.payload(int4(forgery).getValues()).put(1, (byte) 0x08)),
                forged(Refusal.BAD_WEIGHT, "code -8, high", forgery -> forgery.payload(int4(forgery).getValues()).put(1, (byte) 0x80)),
                forged(Refusal.BAD_DTYPE, "sparse int4", forgery -> forgery.query().setDtype(FiligreeProto.DType.DTYPE_INT4)),
                forged(Refusal.BAD_SCALE, "missing for int4", forgery -> forgery.manifest.getLayersBuilder(0).getFfnOutBuilder()
                        .getWeightBuilder().clearScales()),
                forged(Refusal.BAD_SCALE, "fp16 zero", forgery -> forgery.payload(int4(forgery).getScales()).putShort(2, (short) 0)),
                forged(Refusal.BAD_SCALE, "fp16 negative", forgery -> forgery
                        .payload(int4(forgery).getScales()).putShort(2, (short) 0xBC00)),
                forged(Refusal.BAD_SCALE, "fp16 infinite", forgery -> forgery
                        .payload(int4(forgery).getScales()).putShort(2, (short) 0x7C00)),
                forged(Refusal.PADDING_NOT_ZERO, "the half byte after an odd row", forgery -> forgery
                        .payload(int4(forgery).getValues()).put(3, (byte) 0x10)),
                forged(Refusal.BAD_WEIGHT, "fp32 NaN", forgery -> forgery
                        .payload(forgery.manifest.getHead().getClassifier().getWeight().getValues()).putFloat(60, Float.NaN)),
                forged(Refusal.BAD_WEIGHT, "fp16 infinity", forgery -> forgery
                        .payload(forgery.manifest.getEmbeddings().getWord().getValues()).putShort(0, (short) 0xFC00)),
                forged(Refusal.BAD_WEIGHT, "bias NaN", forgery -> forgery
                        .payload(forgery.manifest.getLayers(0).getQuery().getBias()).putFloat(0, Float.NaN)));
    }

    private static FiligreeProto.Matrix int4(Forgery forgery) {
        return forgery.manifest.getLayers(0).getFfnOut().getWeight();
    }

    private static List<Attack> patterns() {
        return List.of(
                forged(Refusal.BAD_SPARSITY, "3:2@1", forgery -> forgery.query().getSparseBuilder().setN(3).setM(2)),
                forged(Refusal.BAD_SPARSITY, "4:4@1", forgery -> forgery.query().getSparseBuilder().setN(4)),
                forged(Refusal.BAD_SPARSITY, "0:4@1", forgery -> forgery.query().getSparseBuilder().setN(0)),
                forged(Refusal.BAD_SPARSITY, "2:33@1", forgery -> forgery.query().getSparseBuilder().setM(33)),
                forged(Refusal.BAD_SPARSITY, "2:4@65", forgery -> forgery.query().getSparseBuilder().setV(65)),
                forged(Refusal.BAD_SPARSITY, "negative", forgery -> forgery.query().getSparseBuilder().setV(-1)),
                forged(Refusal.BAD_PATTERN_SET, "16:32 implied", forgery -> {
                    forgery.query().getSparseBuilder().setN(16).setM(32);
                    cut(forgery, forgery.query().getValues(), 128);
                }),
                forged(Refusal.LIMIT_EXCEEDED, "two implied sets of fifty thousand", forgery -> {
                    forgery.query().getSparseBuilder().setN(9).setM(18);
                    forgery.payloads.set(forgery.query().getValues(), new byte[8 * 9]);
                    forgery.payloads.set(forgery.query().getSparse().getPatternIds(), new byte[4]);
                    FiligreeProto.Matrix.Builder key = forgery.manifest.getLayersBuilder(0).getKeyBuilder().getWeightBuilder();
                    key.getSparseBuilder().setN(8).setM(18);
                    forgery.payloads.set(key.getValues(), new byte[8 * 8]);
                }),
                forged(Refusal.BAD_PATTERN_SET, "empty", forgery -> patterns(forgery)),
                forged(Refusal.BAD_PATTERN_SET, "falling", forgery -> patterns(forgery, 5, 3)),
                forged(Refusal.BAD_PATTERN_SET, "twice", forgery -> patterns(forgery, 3, 3)),
                forged(Refusal.BAD_PATTERN_SET, "three ones", forgery -> patterns(forgery, 3, 7)),
                forged(Refusal.BAD_PATTERN_SET, "beyond M", forgery -> patterns(forgery, 3, 17)),
                forged(Refusal.BAD_PATTERN_SET, "three bytes",
                        forgery -> forgery.query().getSparseBuilder().setPatterns(forgery.append(new byte[3]))),
                forged(Refusal.BAD_PATTERN_ID, "7 of 6", forgery -> forgery
                        .payload(forgery.query().getSparse().getPatternIds()).put(0, (byte) 7)),
                forged(Refusal.BAD_PATTERN_ID, "missing", forgery -> forgery.query().getSparseBuilder().clearPatternIds()),
                forged(Refusal.BAD_PATTERN_ID, "for a single pattern", forgery -> patterns(forgery, 3)),
                forged(Refusal.PADDING_NOT_ZERO, "bits after the last id", forgery -> forgery
                        .payload(forgery.query().getSparse().getPatternIds()).put(1, (byte) 0xF0)),
                forged(Refusal.PADDING_NOT_ZERO, "values beyond the last column", forgery -> {
                    // 8 columns as groups of 7 and 1: pattern 1 keeps input 1 of the second group, which is column 8.
                    forgery.query().getSparseBuilder().setN(1).setM(7).setV(8).clearRowOrder();
                    forgery.payloads.set(forgery.query().getValues(), filled(16, 1));
                    forgery.payloads.set(forgery.query().getSparse().getPatternIds(), new byte[] {1 << 3});
                }),
                forged(Refusal.BAD_ROW_ORDER, "a row twice", forgery -> {
                    ByteBuffer order = forgery.payload(forgery.query().getSparse().getRowOrder());
                    order.putInt(0, order.getInt(4));
                }),
                forged(Refusal.BAD_ROW_ORDER, "row 8 of 8", forgery -> forgery
                        .payload(forgery.query().getSparse().getRowOrder()).putInt(0, 8)),
                forged(Refusal.BAD_ROW_ORDER, "row -1", forgery -> forgery
                        .payload(forgery.query().getSparse().getRowOrder()).putInt(0, -1)));
    }

    private static List<Attack> tokenizers() {
        return List.of(
                forged(Refusal.BAD_VOCABULARY, "not UTF-8", forgery -> forgery.payload(0).put(0, (byte) 0xFF)),
                forged(Refusal.BAD_VOCABULARY, "another count", forgery -> forgery.manifest.getTokenizerBuilder().setTokens(10)),
                forged(Refusal.BAD_VOCABULARY, "more tokens than rows", forgery -> vocabulary(forgery, 12, "[PAD]", "[PAD]\nmore")),
                forged(Refusal.DUPLICATE_TOKEN, "a token twice", forgery -> vocabulary(forgery, 11, "##b", "a")),
                forged(Refusal.MISSING_SPECIAL_TOKEN, "no [SEP]", forgery -> vocabulary(forgery, 11, "[SEP]", "[sep]")),
                forged(Refusal.BAD_SEQUENCE_LENGTH, "2 tokens", forgery -> forgery.manifest.getTokenizerBuilder().setMaxTokens(2)),
                forged(Refusal.BAD_SEQUENCE_LENGTH, "5 of 4 positions", forgery -> forgery.manifest.getTokenizerBuilder().setMaxTokens(5)));
    }

    private static List<Attack> tasks() {
        return List.of(
                forged(Refusal.BAD_HEAD, "no pooling", forgery -> forgery.manifest.getHeadBuilder().clearPooling()),
                forged(Refusal.BAD_HEAD, "unknown pooling", forgery -> forgery.manifest.getHeadBuilder().setPoolingValue(9)),
                forged(Refusal.BAD_HEAD, "no pooler", forgery -> forgery.manifest.getHeadBuilder()
                        .setPooling(FiligreeProto.Pooling.POOLING_POOLER)),
                forged(Refusal.BAD_HEAD, "needless pooler", forgery -> forgery.manifest.getHeadBuilder()
                        .setPooler(FiligreeProto.Linear.getDefaultInstance())),
                forged(Refusal.BAD_LABELS, "none", forgery -> forgery.manifest.getTaskBuilder().clearLabels()),
                forged(Refusal.BAD_LABELS, "three for two rows", forgery -> forgery.manifest.getTaskBuilder().addLabels("third")),
                forged(Refusal.BAD_LABELS, "one twice", forgery -> forgery.manifest.getTaskBuilder().setLabels(0, "positive")),
                forged(Refusal.BAD_LABELS, "two for a regression", forgery -> forgery.manifest.getTaskBuilder().setRegression(true)),
                forged(Refusal.BAD_GOLDEN_EXAMPLE, "a pair", forgery -> forgery.manifest.getGoldenExamplesBuilder(0).setPair("b")),
                forged(Refusal.BAD_GOLDEN_EXAMPLE, "three logits", forgery -> forgery.manifest.getGoldenExamplesBuilder(0).addLogits(1)),
                forged(Refusal.BAD_GOLDEN_EXAMPLE, "NaN",
                        forgery -> forgery.manifest.getGoldenExamplesBuilder(0).setLogits(0, Float.NaN)));
    }

    private static byte[] with(byte[] file, int index, int value) {
        file[index] = (byte) value;
        return file;
    }

    private static byte[] insert(byte[] file, int index, byte[] inserted) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(file, 0, index);
        bytes.writeBytes(inserted);
        bytes.write(file, index, file.length - index);
        return bytes.toByteArray();
    }

    private static byte[] padding(int length) {
        byte[] field = new byte[length + 2];
        field[0] = 0x1A;
        field[1] = (byte) length;
        return field;
    }

    /** Offset of the padding field that follows the manifest. */
    private static int firstPadding(byte[] file) {
        int manifest = file[11] & 0x7F | file[12] << 7;
        return 13 + manifest;
    }

    private static int indexOf(byte[] file, String text) {
        return ByteString.copyFrom(file).toString(StandardCharsets.ISO_8859_1).indexOf(text);
    }

    /** A manifest of these bytes and their checksum. */
    private static byte[] signed(int... content) {
        byte[] bytes = new byte[content.length];
        for (int i = 0; i < content.length; i++) {
            bytes[i] = (byte) content[i];
        }
        return Forgery.signed(bytes);
    }

    private static int[] groups(int depth) {
        int[] content = new int[depth + 2];
        Arrays.fill(content, 12 << 3 | 3);
        content[0] = 8;
        content[1] = 1;
        return content;
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static void cut(Forgery forgery, int payload, int length) {
        forgery.payloads.set(payload, Arrays.copyOf(forgery.payloads.get(payload), length));
    }

    private static void scale(Forgery forgery, float scale) {
        forgery.payload(forgery.query().getScales()).putFloat(4, scale);
    }

    private static void patterns(Forgery forgery, int... masks) {
        forgery.query().getSparseBuilder().setPatterns(forgery.append(ints(masks)));
    }

    private static void vocabulary(Forgery forgery, int tokens, String from, String to) {
        List<String> vocabulary = new ArrayList<>(TestModels.VOCABULARY);
        vocabulary.replaceAll(token -> token.equals(from) ? to : token);
        forgery.payloads.set(0, String.join("\n", vocabulary).getBytes(StandardCharsets.UTF_8));
        forgery.manifest.getTokenizerBuilder().setTokens(tokens);
    }
}
