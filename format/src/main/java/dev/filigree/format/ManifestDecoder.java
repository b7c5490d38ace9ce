package dev.filigree.format;

import dev.filigree.format.proto.FiligreeProto;
import dev.filigree.format.proto.FiligreeProto.Manifest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The model from a manifest and its payloads. */
final class ManifestDecoder {
    /** Fields of the messages that a map is a list of. */
    private static final int KEY = 1;
    private static final int VALUE = 2;

    private final Source source;
    private final WireMessage manifest;
    private final List<WireMessage> layerMessages;
    private final PayloadTable payloads;
    private final MatrixDecoder matrices;

    private ManifestDecoder(Source source, FileScanner.Contents contents, ModelFile.Checks checks) throws ModelFormatException {
        this.source = source;
        manifest = contents.manifest();
        layerMessages = manifest.messages(Manifest.LAYERS_FIELD_NUMBER);
        payloads = new PayloadTable(source, contents.payloads());
        boolean everything = checks == ModelFile.Checks.CHECKSUMS;
        if (everything) {
            payloads.verifyChecksums(contents.table());
        }
        matrices = new MatrixDecoder(source, payloads, Limits.impliedPatterns(contents.fileBytes()), everything);
    }

    static Model decode(Source source, FileScanner.Contents contents, ModelFile.Checks checks) throws ModelFormatException {
        return new ManifestDecoder(source, contents, checks).decode();
    }

    private Model decode() throws ModelFormatException {
        EncoderShape shape = shape();
        WireMessage spec = required(manifest, Manifest.TOKENIZER_FIELD_NUMBER, "tokenizer");
        TokenizerSpec tokenizer = new TokenizerDecoder(source, payloads).decode(spec, shape);
        Embeddings embeddings = embeddings(shape);
        List<EncoderLayer> layers = layers(shape);
        Task task = task();
        Head head = head(shape, task);
        List<GoldenExample> examples = goldenExamples(task);
        // A newer minor version may have added tensors that this one does not know.
        if (Integer.compareUnsigned(manifest.uint32(Manifest.MINOR_FIELD_NUMBER), FileLayout.MINOR) <= 0) {
            payloads.requireAllTaken();
        }
        return new Model(shape, tokenizer, embeddings, layers, head, task, provenance(), examples);
    }

    private EncoderShape shape() throws ModelFormatException {
        WireMessage shape = required(manifest, Manifest.ENCODER_FIELD_NUMBER, "encoder");
        int hidden = dimension(shape.uint32(FiligreeProto.EncoderShape.HIDDEN_FIELD_NUMBER), "hidden width");
        int heads = dimension(shape.uint32(FiligreeProto.EncoderShape.HEADS_FIELD_NUMBER), "number of heads");
        float epsilon = shape.float32(FiligreeProto.EncoderShape.LAYER_NORM_EPSILON_FIELD_NUMBER);
        if (hidden % heads != 0) {
            throw source.refuse(Refusal.BAD_ENCODER_SHAPE, "the hidden width " + hidden + " is not divisible by " + heads + " heads.");
        }
        if (!(epsilon > 0) || Float.isInfinite(epsilon)) {
            throw source.refuse(Refusal.BAD_ENCODER_SHAPE, "the LayerNorm epsilon " + epsilon + " is not positive and finite.");
        }
        int layers = shape.uint32(FiligreeProto.EncoderShape.LAYERS_FIELD_NUMBER);
        if (layers != layerMessages.size()) {
            throw source.refuse(Refusal.BAD_ENCODER_SHAPE, "the encoder claims " + Integer.toUnsignedString(layers)
                    + " layers and the manifest holds " + layerMessages.size() + ".");
        }
        int types = dimension(shape.uint32(FiligreeProto.EncoderShape.TYPE_VOCABULARY_FIELD_NUMBER), "number of token types");
        if (manifest.message(Manifest.TASK_FIELD_NUMBER).bool(FiligreeProto.Task.PAIRS_FIELD_NUMBER) && types < 2) {
            throw source.refuse(Refusal.BAD_ENCODER_SHAPE, "the task takes pairs, which need two token types, but the encoder has one.");
        }
        return new EncoderShape(
                hidden,
                dimension(layers, "number of layers"),
                heads,
                dimension(shape.uint32(FiligreeProto.EncoderShape.INTERMEDIATE_FIELD_NUMBER), "intermediate width"),
                dimension(shape.uint32(FiligreeProto.EncoderShape.VOCABULARY_FIELD_NUMBER), "vocabulary"),
                dimension(shape.uint32(FiligreeProto.EncoderShape.MAX_POSITIONS_FIELD_NUMBER), "number of positions"),
                types,
                epsilon);
    }

    private int dimension(int value, String name) throws ModelFormatException {
        if (value == 0) {
            throw source.refuse(Refusal.BAD_ENCODER_SHAPE, "the encoder's " + name + " is zero.");
        }
        if (Integer.compareUnsigned(value, Limits.DIMENSION) > 0) {
            throw source.refuse(Refusal.LIMIT_EXCEEDED, "the encoder's " + name + " is " + Integer.toUnsignedString(value)
                    + ", more than the " + Limits.DIMENSION + " that this reader accepts.");
        }
        return value;
    }

    private Embeddings embeddings(EncoderShape shape) throws ModelFormatException {
        WireMessage embeddings = required(manifest, Manifest.EMBEDDINGS_FIELD_NUMBER, "embeddings");
        return new Embeddings(
                matrix(embeddings, FiligreeProto.Embeddings.WORD_FIELD_NUMBER, "embeddings.word", shape.vocabulary(), shape.hidden()),
                matrix(embeddings, FiligreeProto.Embeddings.POSITION_FIELD_NUMBER, "embeddings.position", shape.maxPositions(),
                        shape.hidden()),
                matrix(embeddings, FiligreeProto.Embeddings.TOKEN_TYPE_FIELD_NUMBER, "embeddings.tokenType", shape.typeVocabulary(),
                        shape.hidden()),
                norm(embeddings, FiligreeProto.Embeddings.NORM_FIELD_NUMBER, "embeddings.norm", shape.hidden()));
    }

    private List<EncoderLayer> layers(EncoderShape shape) throws ModelFormatException {
        List<EncoderLayer> layers = new ArrayList<>(shape.layers());
        for (WireMessage layer : layerMessages) {
            layers.add(layer(layer, "layers." + layers.size() + ".", shape.hidden(), shape.intermediate()));
        }
        return layers;
    }

    private EncoderLayer layer(WireMessage layer, String at, int hidden, int intermediate) throws ModelFormatException {
        return new EncoderLayer(
                linear(layer, FiligreeProto.Layer.QUERY_FIELD_NUMBER, at + "query", hidden, hidden),
                linear(layer, FiligreeProto.Layer.KEY_FIELD_NUMBER, at + "key", hidden, hidden),
                linear(layer, FiligreeProto.Layer.VALUE_FIELD_NUMBER, at + "value", hidden, hidden),
                linear(layer, FiligreeProto.Layer.ATTENTION_OUTPUT_FIELD_NUMBER, at + "attentionOutput", hidden, hidden),
                norm(layer, FiligreeProto.Layer.ATTENTION_NORM_FIELD_NUMBER, at + "attentionNorm", hidden),
                linear(layer, FiligreeProto.Layer.FFN_IN_FIELD_NUMBER, at + "ffnIn", intermediate, hidden),
                linear(layer, FiligreeProto.Layer.FFN_OUT_FIELD_NUMBER, at + "ffnOut", hidden, intermediate),
                norm(layer, FiligreeProto.Layer.OUTPUT_NORM_FIELD_NUMBER, at + "outputNorm", hidden));
    }

    private Matrix matrix(WireMessage owner, int field, String name, int rows, int columns) throws ModelFormatException {
        return matrices.decode(required(owner, field, name), name, rows, columns);
    }

    private Linear linear(WireMessage owner, int field, String name, int outputs, int inputs) throws ModelFormatException {
        WireMessage linear = required(owner, field, name);
        return new Linear(
                matrix(linear, FiligreeProto.Linear.WEIGHT_FIELD_NUMBER, name + ".weight", outputs, inputs),
                payloads.takeFloats(linear.uint32(FiligreeProto.Linear.BIAS_FIELD_NUMBER), name + ".bias", outputs));
    }

    private LayerNorm norm(WireMessage owner, int field, String name, int width) throws ModelFormatException {
        WireMessage norm = required(owner, field, name);
        return new LayerNorm(
                payloads.takeFloats(norm.uint32(FiligreeProto.LayerNorm.GAMMA_FIELD_NUMBER), name + ".gamma", width),
                payloads.takeFloats(norm.uint32(FiligreeProto.LayerNorm.BETA_FIELD_NUMBER), name + ".beta", width));
    }

    private Task task() throws ModelFormatException {
        WireMessage task = required(manifest, Manifest.TASK_FIELD_NUMBER, "task");
        List<String> labels = task.strings(FiligreeProto.Task.LABELS_FIELD_NUMBER);
        boolean regression = task.bool(FiligreeProto.Task.REGRESSION_FIELD_NUMBER);
        if (labels.isEmpty() || new HashSet<>(labels).size() != labels.size() || regression && labels.size() != 1) {
            throw source.refuse(Refusal.BAD_LABELS, "the task has " + labels.size() + " labels; it needs "
                    + (regression ? "one name for its score." : "at least one and no label twice."));
        }
        return new Task(
                task.string(FiligreeProto.Task.NAME_FIELD_NUMBER), labels, regression, task.bool(FiligreeProto.Task.PAIRS_FIELD_NUMBER));
    }

    private Head head(EncoderShape shape, Task task) throws ModelFormatException {
        WireMessage head = required(manifest, Manifest.HEAD_FIELD_NUMBER, "head");
        int number = head.uint32(FiligreeProto.Head.POOLING_FIELD_NUMBER);
        Pooling pooling = switch (number) {
            case FiligreeProto.Pooling.POOLING_CLS_VALUE -> Pooling.CLS;
            case FiligreeProto.Pooling.POOLING_MEAN_VALUE -> Pooling.MEAN;
            case FiligreeProto.Pooling.POOLING_POOLER_VALUE -> Pooling.POOLER;
            default -> throw source.refuse(Refusal.BAD_HEAD, "the pooling " + number + " is unknown to this version.");
        };
        boolean hasPooler = head.has(FiligreeProto.Head.POOLER_FIELD_NUMBER);
        if (hasPooler != (pooling == Pooling.POOLER)) {
            throw source.refuse(
                    Refusal.BAD_HEAD, "the pooling is " + pooling + ", but there is " + (hasPooler ? "a pooler." : "no pooler."));
        }
        int field = FiligreeProto.Head.CLASSIFIER_FIELD_NUMBER;
        WireMessage classifier = required(head, field, "head.classifier");
        WireMessage weight = required(classifier, FiligreeProto.Linear.WEIGHT_FIELD_NUMBER, "head.classifier.weight");
        int outputs = weight.uint32(FiligreeProto.Matrix.ROWS_FIELD_NUMBER);
        if (outputs != task.labels().size()) {
            throw source.refuse(Refusal.BAD_LABELS, "the task has " + task.labels().size() + " labels and the classifier "
                    + Integer.toUnsignedString(outputs) + " rows.");
        }
        Optional<Linear> pooler = hasPooler
                ? Optional.of(linear(head, FiligreeProto.Head.POOLER_FIELD_NUMBER, "head.pooler", shape.hidden(), shape.hidden()))
                : Optional.empty();
        return new Head(pooling, pooler, linear(head, field, "head.classifier", outputs, shape.hidden()));
    }

    private Provenance provenance() throws ModelFormatException {
        WireMessage provenance = manifest.message(Manifest.PROVENANCE_FIELD_NUMBER);
        Map<String, Double> metrics = new LinkedHashMap<>();
        for (WireMessage entry : provenance.messages(FiligreeProto.Provenance.METRICS_FIELD_NUMBER)) {
            metrics.put(entry.string(KEY), entry.float64(VALUE));
        }
        return new Provenance(
                provenance.string(FiligreeProto.Provenance.TOOL_FIELD_NUMBER),
                provenance.string(FiligreeProto.Provenance.BASE_MODEL_FIELD_NUMBER),
                provenance.string(FiligreeProto.Provenance.METHOD_FIELD_NUMBER),
                texts(provenance, FiligreeProto.Provenance.SETTINGS_FIELD_NUMBER),
                texts(provenance, FiligreeProto.Provenance.DATA_DIGESTS_FIELD_NUMBER),
                metrics);
    }

    private static Map<String, String> texts(WireMessage provenance, int field) throws ModelFormatException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (WireMessage entry : provenance.messages(field)) {
            texts.put(entry.string(KEY), entry.string(VALUE));
        }
        return texts;
    }

    private List<GoldenExample> goldenExamples(Task task) throws ModelFormatException {
        List<GoldenExample> examples = new ArrayList<>();
        for (WireMessage example : manifest.messages(Manifest.GOLDEN_EXAMPLES_FIELD_NUMBER)) {
            float[] logits = example.floats(FiligreeProto.GoldenExample.LOGITS_FIELD_NUMBER);
            boolean pair = example.has(FiligreeProto.GoldenExample.PAIR_FIELD_NUMBER);
            boolean valid = logits.length == task.labels().size() && pair == task.pairs();
            for (float logit : logits) {
                valid &= Float.isFinite(logit);
            }
            if (!valid) {
                throw source.refuse(Refusal.BAD_GOLDEN_EXAMPLE, "golden example " + examples.size() + " does not fit the task: it needs "
                        + (task.pairs() ? "a pair of texts" : "one text") + " and " + task.labels().size() + " finite logits.");
            }
            examples.add(new GoldenExample(
                    example.string(FiligreeProto.GoldenExample.TEXT_FIELD_NUMBER),
                    pair ? Optional.of(example.string(FiligreeProto.GoldenExample.PAIR_FIELD_NUMBER)) : Optional.empty(),
                    logits));
        }
        return examples;
    }

    /** A message that must be there. */
    private WireMessage required(WireMessage owner, int field, String part) throws ModelFormatException {
        if (!owner.has(field)) {
            throw source.refuse(Refusal.MALFORMED_MANIFEST, "the manifest has no " + part + ".");
        }
        return owner.message(field);
    }
}
