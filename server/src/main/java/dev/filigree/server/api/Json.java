package dev.filigree.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.filigree.server.http.ApiException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the JSON of bodies, strictly: no second reading of the same bytes is possible. */
public final class Json {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

    /**
     * The one value in a body.
     *
     * @throws ApiException when it is not UTF-8 or not JSON
     */
    public static JsonNode read(byte[] body) {
        try {
            // Left to itself, Jackson would guess UTF-16 and UTF-32 as well and let some malformed UTF-8 through.
            return JSON.readTree(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString());
        } catch (CharacterCodingException e) {
            throw ApiException.badRequest("invalid_utf8", "The body is not valid UTF-8.");
        } catch (JsonProcessingException e) {
            throw ApiException.badRequest("malformed_json", "The body is not JSON" + place(e) + ": " + reason(e) + ".");
        }
    }

    private static String place(JsonProcessingException e) {
        return e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
    }

    /** Where what is not closed begins, Jackson tells in brackets, with a hint for who programs with it. */
    private static String reason(JsonProcessingException e) {
        String message = e.getOriginalMessage();
        int hint = message.indexOf(" (start marker at [Source:");
        return hint < 0 ? message : message.substring(0, hint);
    }

    /**
     * A string that is text: JSON's escapes can spell half a surrogate pair, which is none and has no tokens.
     *
     * @param string a node of that type
     * @param which what it is, as a sentence begins
     * @throws ApiException when it holds half a pair
     */
    public static String text(JsonNode string, String which) {
        String text = string.textValue();
        if (holdsHalfPair(text)) {
            throw ApiException.badRequest("invalid_text", which + " holds half of a surrogate pair (a character cut in two).");
        }
        return text;
    }

    private static boolean holdsHalfPair(String text) {
        int i = 0;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                return true;
            }
            i += Character.charCount(c);
        }
        return false;
    }
}
