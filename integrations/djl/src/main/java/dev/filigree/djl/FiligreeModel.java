package dev.filigree.djl;

import ai.djl.BaseModel;
import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.translate.Translator;
import dev.filigree.format.ModelFile;
import dev.filigree.format.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** A packed file as a model of DJL. Once loaded it may be shared by threads, each with predictors of its own or one for all. */
final class FiligreeModel extends BaseModel {
    private final Optional<Device> device;
    private Optional<LoadedModel> loaded = Optional.empty();

    /** A model without a file; {@code device} is the one that was asked for, if any. */
    FiligreeModel(String name, NDManager manager, Optional<Device> device) {
        super(name);
        this.manager = manager;
        this.device = device;
        dataType = DataType.FLOAT32;
    }

    /**
     * Maps and checks the file; it is laid out for the machine when a translator of its first predictor tells what is wanted of it.
     *
     * @throws MalformedModelException when the file is not a model that this version can read
     * @throws java.io.FileNotFoundException when there is no file, or the folder holds several and none of this name
     */
    @Override
    public void load(Path modelPath, String prefix, Map<String, ?> options) throws IOException, MalformedModelException {
        requireEmpty();
        Path file = ModelPath.find(modelPath, Optional.ofNullable(prefix).orElse(modelName)).toAbsolutePath();
        EngineOptions settings = EngineOptions.of(orNone(options), device);
        try {
            take(new LoadedModel(ModelFile.open(file), settings));
        } catch (ModelFormatException e) {
            throw new MalformedModelException(e.getMessage(), e);
        }
        modelDir = file.getParent();
    }

    /**
     * Reads the stream to its end and checks what came; it is not closed.
     *
     * @throws MalformedModelException when it holds no model that this version can read
     */
    @Override
    public void load(InputStream in, Map<String, ?> options) throws IOException, MalformedModelException {
        requireEmpty();
        EngineOptions settings = EngineOptions.of(orNone(options), device);
        try {
            take(new LoadedModel(ModelFile.read(in, modelName), settings));
        } catch (ModelFormatException e) {
            throw new MalformedModelException(e.getMessage(), e);
        }
    }

    private static Map<String, ?> orNone(Map<String, ?> options) {
        return options == null ? Map.of() : options;
    }

    private void requireEmpty() {
        if (loaded.isPresent()) {
            throw new IllegalStateException("Model " + modelName + " is loaded already: make a new one for another file.");
        }
        if (block != null) {
            throw new UnsupportedOperationException("The engine Filigree runs packed files and takes no blocks: leave out optBlock.");
        }
    }

    private void take(LoadedModel model) {
        loaded = Optional.of(model);
        block = new FiligreeBlock(model);
        wasLoaded = true;
    }

    /** What was loaded. */
    LoadedModel loaded() {
        return loaded.orElseThrow(() -> new IllegalStateException("Model " + modelName + " is not loaded: call load first."));
    }

    @Override
    public <I, O> Predictor<I, O> newPredictor(Translator<I, O> translator, Device on) {
        loaded();
        return new FiligreePredictor<>(this, translator, on);
    }

    @Override
    public void close() {
        loaded.ifPresent(LoadedModel::close);
        super.close();
    }

    /** DJL warns of every model that was not closed by whether its manager is open, and one that holds nothing always is. */
    @Override
    @SuppressWarnings({"deprecation", "removal"})
    protected void finalize() {}
}
