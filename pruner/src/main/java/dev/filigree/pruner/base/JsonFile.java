package dev.filigree.pruner.base;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the JSON of model files: one object, without duplicate keys, and nothing after it. */
final class JsonFile {
    /** The largest tokenizer.json of a multilingual BERT is a tenth of it. */
    private static final long MAX_BYTES = 1L << 25;
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonFile() {}

    /**
     * Parses a document.
     *
     * @param source what messages call it
     */
    static JsonNode parse(byte[] json, String source) throws BaseModelException {
        JsonNode root;
        try {
            root = MAPPER.readTree(json);
        } catch (JacksonException e) {
            // Jackson speaks of its own settings within the message.
            String reason = e.getOriginalMessage().replaceAll("Source: REDACTED \\([^)]*\\); ", "");
            throw new BaseModelException(source + " is not JSON (" + reason + "): get the file again.");
        } catch (IOException e) {
            throw new IllegalStateException("Reading from memory failed.", e);
        }
        if (!root.isObject()) {
            throw new BaseModelException(source + " holds no JSON object: get the file again.");
        }
        return root;
    }

    /** The object in a file. */
    static JsonNode read(Path file) throws BaseModelException {
        return parse(bytes(file), file.toString());
    }

    /** The object in a file, or a {@link MissingNode} if there is no such file. */
    static JsonNode readIfPresent(Path file) throws BaseModelException {
        return Files.exists(file) ? read(file) : MissingNode.getInstance();
    }

    /** A whole small file. */
    static byte[] bytes(Path file) throws BaseModelException {
        // Asked before opening, since opening a pipe would wait for its writer.
        if (!Files.isRegularFile(file)) {
            throw new BaseModelException("There is no file " + file + ": copy it from where the model came from.");
        }
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new BaseModelException(file + " is larger than " + MAX_BYTES + " bytes, which none of a BERT encoder is: check it.");
            }
            return Files.readAllBytes(file);
        } catch (BaseModelException e) {
            throw e;
        } catch (IOException e) {
            throw new BaseModelException(file + " cannot be read (" + e.getClass().getSimpleName() + "): check that you may read it.");
        }
    }
}
