package dev.filigree.format;

import com.google.protobuf.CodedOutputStream;
import dev.filigree.format.proto.FiligreeProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A model as manifest and payloads. Payloads are numbered in the order in which the manifest's fields name them. */
final class ManifestEncoder {
    private final List<MemorySegment> payloads = new ArrayList<>();
    private final byte[] manifest;

    ManifestEncoder(Model model) throws IOException {
        FiligreeProto.Manifest.Builder builder = FiligreeProto.Manifest.newBuilder()
                .setMajor(FileLayout.MAJOR)
                .setMinor(FileLayout.MINOR)
                .setEncoder(encode(model.shape()))
                .setTokenizer(encode(model.tokenizer()))
                .setEmbeddings(encode(model.embeddings()));
        for (EncoderLayer layer : model.layers()) {
            builder.addLayers(encode(layer));
        }
        builder.setHead(encode(model.head()))
                .setTask(encode(model.task()))
                .setProvenance(encode(model.provenance()));
        for (GoldenExample example : model.goldenExamples()) {
            builder.addGoldenExamples(encode(example));
        }
        Segments segments = new Segments(payloads);
        for (MemorySegment payload : payloads) {
            builder.addPayloads(FiligreeProto.Payload.newBuilder().setLength(payload.byteSize()).setCrc32C(segments.crc32c(payload)));
        }
        manifest = withChecksum(builder.build());
    }

    /** The manifest's bytes, its checksum included. */
    byte[] manifest() {
        return manifest;
    }

    /** The payloads in the order of the file. */
    List<MemorySegment> payloads() {
        return payloads;
    }

    /** Serialises with sorted maps and appends the checksum of what stands before it. */
    private static byte[] withChecksum(FiligreeProto.Manifest manifest) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.useDeterministicSerialization();
        manifest.writeTo(out);
        out.flush();
        bytes.writeBytes(FileLayout.checksumField(bytes.toByteArray(), bytes.size()));
        return bytes.toByteArray();
    }

    private int add(MemorySegment payload) {
        payloads.add(payload);
        return payloads.size() - 1;
    }

    private static FiligreeProto.EncoderShape encode(EncoderShape shape) {
        return FiligreeProto.EncoderShape.newBuilder()
                .setHidden(shape.hidden())
                .setLayers(shape.layers())
                .setHeads(shape.heads())
                .setIntermediate(shape.intermediate())
                .setVocabulary(shape.vocabulary())
                .setMaxPositions(shape.maxPositions())
                .setTypeVocabulary(shape.typeVocabulary())
                .setLayerNormEpsilon(shape.layerNormEpsilon())
                .build();
    }

    private FiligreeProto.Tokenizer encode(TokenizerSpec tokenizer) {
        return FiligreeProto.Tokenizer.newBuilder()
                .setVocabulary(add(Vocabulary.of(tokenizer.vocabulary()).utf8()))
                .setTokens(tokenizer.vocabulary().size())
                .setLowerCase(tokenizer.lowerCase())
                .setStripAccents(tokenizer.stripAccents())
                .setSplitChinese(tokenizer.splitChinese())
                .setMaxTokens(tokenizer.maxTokens())
                .build();
    }

    private FiligreeProto.Embeddings encode(Embeddings embeddings) {
        return FiligreeProto.Embeddings.newBuilder()
                .setWord(encode(embeddings.word()))
                .setPosition(encode(embeddings.position()))
                .setTokenType(encode(embeddings.tokenType()))
                .setNorm(encode(embeddings.norm()))
                .build();
    }

    private FiligreeProto.Layer encode(EncoderLayer layer) {
        return FiligreeProto.Layer.newBuilder()
                .setQuery(encode(layer.query()))
                .setKey(encode(layer.key()))
                .setValue(encode(layer.value()))
                .setAttentionOutput(encode(layer.attentionOutput()))
                .setAttentionNorm(encode(layer.attentionNorm()))
                .setFfnIn(encode(layer.ffnIn()))
                .setFfnOut(encode(layer.ffnOut()))
                .setOutputNorm(encode(layer.outputNorm()))
                .build();
    }

    private FiligreeProto.Linear encode(Linear linear) {
        return FiligreeProto.Linear.newBuilder()
                .setWeight(encode(linear.weight()))
                .setBias(add(LittleEndian.floats(linear.bias())))
                .build();
    }

    private FiligreeProto.LayerNorm encode(LayerNorm norm) {
        return FiligreeProto.LayerNorm.newBuilder()
                .setGamma(add(LittleEndian.floats(norm.gamma())))
                .setBeta(add(LittleEndian.floats(norm.beta())))
                .build();
    }

    private FiligreeProto.Matrix encode(Matrix matrix) {
        FiligreeProto.Matrix.Builder builder = FiligreeProto.Matrix.newBuilder()
                .setRows(matrix.rows())
                .setColumns(matrix.columns())
                .setDtype(switch (matrix.dtype()) {
                    case FP32 -> FiligreeProto.DType.DTYPE_FP32;
                    case FP16 -> FiligreeProto.DType.DTYPE_FP16;
                    case INT8 -> FiligreeProto.DType.DTYPE_INT8;
                    case INT4 -> FiligreeProto.DType.DTYPE_INT4;
                });
        switch (matrix) {
            case DenseMatrix dense -> encode(builder, dense.values(), dense.scales());
            case SparseMatrix sparse -> {
                encode(builder, sparse.values(), sparse.scales());
                builder.setSparse(encodePatterns(sparse));
            }
        }
        return builder.build();
    }

    private void encode(FiligreeProto.Matrix.Builder builder, MemorySegment values, MemorySegment scales) {
        builder.setValues(add(values));
        if (scales.byteSize() > 0) {
            builder.setScales(add(scales));
        }
    }

    private FiligreeProto.Sparse encodePatterns(SparseMatrix matrix) {
        Sparsity sparsity = matrix.sparsity();
        FiligreeProto.Sparse.Builder builder =
                FiligreeProto.Sparse.newBuilder().setN(sparsity.n()).setM(sparsity.m()).setV(sparsity.v());
        if (matrix.patternIds().byteSize() > 0) {
            builder.setPatternIds(add(matrix.patternIds()));
        }
        if (!PatternSet.isComplete(matrix.patterns(), sparsity)) {
            builder.setPatterns(add(LittleEndian.ints(matrix.patterns())));
        }
        if (matrix.rowOrder().length > 0) {
            builder.setRowOrder(add(LittleEndian.ints(matrix.rowOrder())));
        }
        return builder.build();
    }

    private FiligreeProto.Head encode(Head head) {
        FiligreeProto.Head.Builder builder = FiligreeProto.Head.newBuilder().setPooling(switch (head.pooling()) {
            case CLS -> FiligreeProto.Pooling.POOLING_CLS;
            case MEAN -> FiligreeProto.Pooling.POOLING_MEAN;
            case POOLER -> FiligreeProto.Pooling.POOLING_POOLER;
        });
        head.pooler().ifPresent(pooler -> builder.setPooler(encode(pooler)));
        return builder.setClassifier(encode(head.classifier())).build();
    }

    private static FiligreeProto.Task encode(Task task) {
        return FiligreeProto.Task.newBuilder()
                .setName(task.name())
                .addAllLabels(task.labels())
                .setRegression(task.regression())
                .setPairs(task.pairs())
                .build();
    }

    private static FiligreeProto.Provenance encode(Provenance provenance) {
        return FiligreeProto.Provenance.newBuilder()
                .setTool(provenance.tool())
                .setBaseModel(provenance.baseModel())
                .setMethod(provenance.method())
                .putAllSettings(provenance.settings())
                .putAllDataDigests(provenance.dataDigests())
                .putAllMetrics(provenance.metrics())
                .build();
    }

    private static FiligreeProto.GoldenExample encode(GoldenExample example) {
        FiligreeProto.GoldenExample.Builder builder = FiligreeProto.GoldenExample.newBuilder().setText(example.text());
        example.pair().ifPresent(builder::setPair);
        for (float logit : example.logits()) {
            builder.addLogits(logit);
        }
        return builder.build();
    }
}
