package dev.filigree.pruner.table;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.filigree.pruner.files.WholeFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The results of finished runs: a folder for each base model, a JSON file for each run.
 *
 * @param folder which holds them
 */
public record ResultFolder(Path folder) {
    private static final String EXTENSION = ".json";
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Where the result of a run lies or will lie. */
    public Path file(String base, TableRun run) {
        return folder.resolve(base).resolve(run.stem() + EXTENSION);
    }

    /** The result of a run if it is finished. */
    Optional<RunResult> find(String base, TableRun run) throws IOException {
        Path file = file(base, run);
        return Files.exists(file) ? Optional.of(read(file)) : Optional.empty();
    }

    /** Writes the result of a run, whole or not at all. */
    void write(RunResult result, TableRun run) throws IOException {
        WholeFiles.write(file(result.base(), run), (MAPPER.writeValueAsString(result) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * All results, in the order of their paths; none when there is no such folder.
     *
     * @throws IOException when it is no folder, or a JSON file in it is no result
     */
    public List<RunResult> all() throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new NotDirectoryException(folder.toString());
        }
        List<RunResult> results = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            List<Path> files;
            try (Stream<Path> walk = Files.walk(folder)) {
                files = walk.filter(path -> path.toString().endsWith(EXTENSION)).sorted().toList();
            }
            for (Path file : files) {
                results.add(read(file));
            }
        }
        return results;
    }

    private static RunResult read(Path file) throws IOException {
        try {
            return MAPPER.readValue(Files.readAllBytes(file), RunResult.class);
        } catch (JacksonException e) {
            throw new IOException(file + " is no result of glue-table (" + e.getOriginalMessage() + "): move it out of the folder.", e);
        }
    }
}
