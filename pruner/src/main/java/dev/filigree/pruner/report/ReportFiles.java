package dev.filigree.pruner.report;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.filigree.pruner.files.WholeFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The two files of a report.
 *
 * @param json for programs
 * @param page for people
 */
public record ReportFiles(Path json, Path page) {
    private static final String PACKED = ".filigree";
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Beside a packed file: {@code model.report.json} and {@code model.report.html} for {@code model.filigree}. */
    public static ReportFiles beside(Path packed) {
        String name = packed.getFileName().toString();
        String stem = name.endsWith(PACKED) ? name.substring(0, name.length() - PACKED.length()) : name;
        return new ReportFiles(packed.resolveSibling(stem + ".report.json"), packed.resolveSibling(stem + ".report.html"));
    }

    /** Writes both, each whole or not at all. */
    public void write(RunReport report) throws IOException {
        WholeFiles.write(json, (MAPPER.writeValueAsString(report) + "\n").getBytes(StandardCharsets.UTF_8));
        WholeFiles.write(page, ReportPage.of(report).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads the JSON back.
     *
     * @throws IOException when it cannot be read or is no report
     */
    public RunReport read() throws IOException {
        try {
            return MAPPER.readValue(Files.readAllBytes(json), RunReport.class);
        } catch (JacksonException e) {
            throw new IOException(json + " is no report (" + e.getOriginalMessage() + "): prune writes one beside the packed file.", e);
        }
    }
}
