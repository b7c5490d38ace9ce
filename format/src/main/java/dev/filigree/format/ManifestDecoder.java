package dev.filigree.format;

import dev.filigree.format.proto.FiligreeProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** The model from a manifest and its payloads. */
final class ManifestDecoder {
    private final Source source;
    private final FiligreeProto.Manifest manifest;
    private final PayloadTable payloads;
    private final MatrixDecoder matrices;

    private ManifestDecoder(Source source, FileScanner.Contents contents, ModelFile.Checks checks) throws ModelFormatException {
        this.source = source;
        manifest = contents.manifest();
        payloads = new PayloadTable(source, contents.payloads());
        boolean everything = checks == ModelFile.Checks.CHECKSUMS;
        if (everything) {
            payloads.verifyChecksums(manifest.getPayloadsList());
        }
        matrices = new MatrixDecoder(source, payloads, Limits.impliedPatterns(contents.fileBytes()), everything);
    }

    static Model decode(Source source, FileScanner.Contents contents, ModelFile.Checks checks) throws ModelFormatException {
        return new ManifestDecoder(source, contents, checks).decode();
    }

    private Model decode() throws ModelFormatException {
        EncoderShape shape = shape();
        require(manifest.hasTokenizer(), "tokenizer");
        TokenizerSpec tokenizer = new TokenizerDecoder(source, payloads).decode(manifest.getTokenizer(), shape);
        Embeddings embeddings = embeddings(shape);
        List<EncoderLayer> layers = layers(shape);
        Task task = task();
        Head head = head(shape, task);
        List<GoldenExample> examples = goldenExamples(task);
        // A newer minor version may have added tensors that this one does not know.
        if (Integer.compareUnsigned(manifest.getMinor(), FileLayout.MINOR) <= 0) {
            payloads.requireAllTaken();
        }
        return new Model(shape, tokenizer, embeddings, layers, head, task, provenance(), examples);
    }

    private EncoderShape shape() throws ModelFormatException {
        require(manifest.hasEncoder(), "encoder");
        FiligreeProto.EncoderShape shape = manifest.getEncoder();
        int hidden = dimension(shape.getHidden(), "hidden width");
        int heads = dimension(shape.getHeads(), "number of heads");
        float epsilon = shape.getLayerNormEpsilon();
        if (hidden % heads != 0) {
            throw source.refuse(Refusal.BAD_ENCODER_SHAPE, "the hidden width " + hidden + " is not divisible by " + heads + " heads.");
        }
        if (!(epsilon > 0) || Float.isInfinite(epsilon)) {
            throw source.refuse(Refusal.BAD_ENCODER_SHAPE, "the LayerNorm epsilon " + epsilon + " is not positive and finite.");
        }
        if (shape.getLayers() != manifest.getLayersCount()) {
            throw source.refuse(Refusal.BAD_ENCODER_SHAPE, "the encoder claims " + Integer.toUnsignedString(shape.getLayers())
                    + " layers and the manifest holds " + manifest.getLayersCount() + ".");
        }
        int types = dimension(shape.getTypeVocabulary(), "number of token types");
        if (manifest.getTask().getPairs() && types < 2) {
            throw source.refuse(Refusal.BAD_ENCODER_SHAPE, "the task takes pairs, which need two token types, but the encoder has one.");
        }
        return new EncoderShape(
                hidden,
                dimension(shape.getLayers(), "number of layers"),
                heads,
                dimension(shape.getIntermediate(), "intermediate width"),
                dimension(shape.getVocabulary(), "vocabulary"),
                dimension(shape.getMaxPositions(), "number of positions"),
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
        require(manifest.hasEmbeddings(), "embeddings");
        FiligreeProto.Embeddings embeddings = manifest.getEmbeddings();
        require(embeddings.hasWord() && embeddings.hasPosition() && embeddings.hasTokenType(), "embedding matrices");
        require(embeddings.hasNorm(), "embeddings.norm");
        return new Embeddings(
                matrices.decode(embeddings.getWord(), "embeddings.word", shape.vocabulary(), shape.hidden()),
                matrices.decode(embeddings.getPosition(), "embeddings.position", shape.maxPositions(), shape.hidden()),
                matrices.decode(embeddings.getTokenType(), "embeddings.tokenType", shape.typeVocabulary(), shape.hidden()),
                norm(embeddings.getNorm(), "embeddings.norm", shape.hidden()));
    }

    private List<EncoderLayer> layers(EncoderShape shape) throws ModelFormatException {
        List<EncoderLayer> layers = new ArrayList<>(shape.layers());
        for (FiligreeProto.Layer layer : manifest.getLayersList()) {
            layers.add(layer(layer, "layers." + layers.size() + ".", shape.hidden(), shape.intermediate()));
        }
        return layers;
    }

    private EncoderLayer layer(FiligreeProto.Layer layer, String at, int hidden, int intermediate) throws ModelFormatException {
        require(layer.hasQuery() && layer.hasKey() && layer.hasValue() && layer.hasAttentionOutput(), at + "attention");
        require(layer.hasFfnIn() && layer.hasFfnOut(), at + "ffn");
        require(layer.hasAttentionNorm() && layer.hasOutputNorm(), at + "norms");
        return new EncoderLayer(
                linear(layer.getQuery(), at + "query", hidden, hidden),
                linear(layer.getKey(), at + "key", hidden, hidden),
                linear(layer.getValue(), at + "value", hidden, hidden),
                linear(layer.getAttentionOutput(), at + "attentionOutput", hidden, hidden),
                norm(layer.getAttentionNorm(), at + "attentionNorm", hidden),
                linear(layer.getFfnIn(), at + "ffnIn", intermediate, hidden),
                linear(layer.getFfnOut(), at + "ffnOut", hidden, intermediate),
                norm(layer.getOutputNorm(), at + "outputNorm", hidden));
    }

    private Linear linear(FiligreeProto.Linear linear, String name, int outputs, int inputs) throws ModelFormatException {
        require(linear.hasWeight(), name + ".weight");
        return new Linear(
                matrices.decode(linear.getWeight(), name + ".weight", outputs, inputs),
                payloads.takeFloats(linear.getBias(), name + ".bias", outputs));
    }

    private LayerNorm norm(FiligreeProto.LayerNorm norm, String name, int width) throws ModelFormatException {
        return new LayerNorm(
                payloads.takeFloats(norm.getGamma(), name + ".gamma", width), payloads.takeFloats(norm.getBeta(), name + ".beta", width));
    }

    private Task task() throws ModelFormatException {
        require(manifest.hasTask(), "task");
        FiligreeProto.Task task = manifest.getTask();
        List<String> labels = task.getLabelsList();
        if (labels.isEmpty() || new HashSet<>(labels).size() != labels.size() || task.getRegression() && labels.size() != 1) {
            throw source.refuse(Refusal.BAD_LABELS, "the task has " + labels.size() + " labels; it needs "
                    + (task.getRegression() ? "one name for its score." : "at least one and no label twice."));
        }
        return new Task(task.getName(), labels, task.getRegression(), task.getPairs());
    }

    private Head head(EncoderShape shape, Task task) throws ModelFormatException {
        require(manifest.hasHead(), "head");
        FiligreeProto.Head head = manifest.getHead();
        Pooling pooling = switch (head.getPooling()) {
            case POOLING_CLS -> Pooling.CLS;
            case POOLING_MEAN -> Pooling.MEAN;
            case POOLING_POOLER -> Pooling.POOLER;
            case POOLING_UNSPECIFIED, UNRECOGNIZED ->
                throw source.refuse(Refusal.BAD_HEAD, "the pooling " + head.getPoolingValue() + " is unknown to this version.");
        };
        if (head.hasPooler() != (pooling == Pooling.POOLER)) {
            throw source.refuse(Refusal.BAD_HEAD,
                    "the pooling is " + pooling + ", but there is " + (head.hasPooler() ? "a pooler." : "no pooler."));
        }
        require(head.hasClassifier() && head.getClassifier().hasWeight(), "head.classifier");
        int outputs = head.getClassifier().getWeight().getRows();
        if (outputs != task.labels().size()) {
            throw source.refuse(Refusal.BAD_LABELS, "the task has " + task.labels().size() + " labels and the classifier "
                    + Integer.toUnsignedString(outputs) + " rows.");
        }
        Optional<Linear> pooler = head.hasPooler()
                ? Optional.of(linear(head.getPooler(), "head.pooler", shape.hidden(), shape.hidden()))
                : Optional.empty();
        return new Head(pooling, pooler, linear(head.getClassifier(), "head.classifier", outputs, shape.hidden()));
    }

    private Provenance provenance() {
        FiligreeProto.Provenance provenance = manifest.getProvenance();
        return new Provenance(
                provenance.getTool(),
                provenance.getBaseModel(),
                provenance.getMethod(),
                provenance.getSettingsMap(),
                provenance.getDataDigestsMap(),
                provenance.getMetricsMap());
    }

    private List<GoldenExample> goldenExamples(Task task) throws ModelFormatException {
        List<GoldenExample> examples = new ArrayList<>(manifest.getGoldenExamplesCount());
        for (FiligreeProto.GoldenExample example : manifest.getGoldenExamplesList()) {
            float[] logits = new float[example.getLogitsCount()];
            boolean valid = logits.length == task.labels().size() && example.hasPair() == task.pairs();
            for (int i = 0; i < logits.length; i++) {
                logits[i] = example.getLogits(i);
                valid &= Float.isFinite(logits[i]);
            }
            if (!valid) {
                throw source.refuse(Refusal.BAD_GOLDEN_EXAMPLE, "golden example " + examples.size() + " does not fit the task: it needs "
                        + (task.pairs() ? "a pair of texts" : "one text") + " and " + task.labels().size() + " finite logits.");
            }
            Optional<String> pair = example.hasPair() ? Optional.of(example.getPair()) : Optional.empty();
            examples.add(new GoldenExample(example.getText(), pair, logits));
        }
        return examples;
    }

    private void require(boolean present, String part) throws ModelFormatException {
        if (!present) {
            throw source.refuse(Refusal.MALFORMED_MANIFEST, "the manifest has no " + part + ".");
        }
    }
}
