package dev.filigree.pruner.glue;

import dev.filigree.pruner.data.ExampleFile;
import dev.filigree.pruner.data.MissingDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** Where examples come from: a folder in GLUE's standard layout, or the sample bundled with Filigree. Immutable and thread-safe. */
public sealed interface GlueData {
    /** What names the bundled sample where a folder is expected. */
    String SAMPLE = "sample";
    /** The environment variable that names GLUE's folder. */
    String VARIABLE = "FILIGREE_GLUE";

    /** A folder that holds {@code CoLA}, {@code SST-2} and so on. */
    static GlueData directory(Path folder) {
        return new Directory(folder);
    }

    /** The bundled sample: review sentences in SST-2's layout and sentence pairs in RTE's. */
    static GlueData sample() {
        return new Sample();
    }

    /**
     * What a command's {@code --data} option means: a folder, {@code sample}, or if not given, the folder of the environment variable.
     *
     * @param option value of the option
     * @param variable value of {@link #VARIABLE}, null when unset, as {@link System#getenv(String)} gives it
     * @throws MissingDataException when neither is given
     */
    static GlueData resolve(Optional<String> option, String variable) throws MissingDataException {
        String place = option.or(() -> Optional.ofNullable(variable).filter(v -> !v.isBlank()))
                .orElseThrow(() -> new MissingDataException("No data folder is given: name GLUE's folder with --data or $" + VARIABLE
                        + ", get it with 'filigree glue download --data DIR', or write --data " + SAMPLE + " for the bundled sample."));
        return place.equals(SAMPLE) ? sample() : directory(Path.of(place));
    }

    /** The tasks this source is meant to hold: all nine, or those of the sample. */
    List<GlueTask> tasks();

    /**
     * Reads one file.
     *
     * @throws MissingDataException when it is not there
     * @throws dev.filigree.pruner.data.MalformedDataException when a row is not as it should be
     * @throws IOException when it cannot be read
     */
    ExampleFile read(GlueTask task, GlueSplit split) throws IOException;

    /** A folder in the standard layout. */
    record Directory(Path folder) implements GlueData {
        @Override
        public List<GlueTask> tasks() {
            return Arrays.asList(GlueTask.values());
        }

        @Override
        public ExampleFile read(GlueTask task, GlueSplit split) throws IOException {
            Path plain = folder.resolve(task.folder()).resolve(split.stem() + ".tsv");
            Path packed = plain.resolveSibling(split.stem() + ".tsv.gz");
            boolean gzip = !Files.exists(plain) && Files.exists(packed);
            Path file = gzip ? packed : plain;
            if (!Files.isRegularFile(file)) {
                String what = Files.isDirectory(folder)
                        ? "There is no " + task.fileName(split) + " (nor " + split.stem() + ".tsv.gz) in " + folder.toAbsolutePath()
                        : "There is no folder " + folder.toAbsolutePath();
                throw new MissingDataException(
                        what + ": get GLUE with 'filigree glue download --data DIR' or name the folder that holds it.");
            }
            try (InputStream in = Files.newInputStream(file)) {
                return new GlueReader(task, split, file.toString()).read(in, gzip ? GZIPInputStream::new : stream -> stream);
            }
        }
    }

    /** The bundled sample. */
    record Sample() implements GlueData {
        private static final String FOLDER = "/dev/filigree/pruner/sample/";

        @Override
        public List<GlueTask> tasks() {
            return List.of(GlueTask.SST2, GlueTask.RTE);
        }

        @Override
        public ExampleFile read(GlueTask task, GlueSplit split) throws IOException {
            String name = task.fileName(split);
            try (InputStream in = Sample.class.getResourceAsStream(FOLDER + name)) {
                if (in == null) {
                    throw new MissingDataException("The bundled sample has no " + name
                            + ", only SST-2 and RTE: get GLUE with 'filigree glue download --data DIR' and name its folder with --data.");
                }
                return new GlueReader(task, split, SAMPLE + " " + name).read(in, stream -> stream);
            }
        }
    }
}
