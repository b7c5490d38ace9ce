package dev.filigree.runtime.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.util.PairList;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.filigree.format.TokenizerSpec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Hugging Face's Rust tokenizer and ours, built from the same vocabulary and settings. */
record HuggingFace(HuggingFaceTokenizer theirs, WordPieceTokenizer ours) implements AutoCloseable {
    private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

    /** The vocabulary of all-MiniLM-L6-v2, which is that of bert-base-uncased. */
    static List<String> miniLmVocabulary() {
        JsonObject json = new Gson().fromJson(resource("/all-minilm-l6-v2-tokenizer.json"), JsonObject.class);
        Map<String, Integer> ids = new LinkedHashMap<>();
        json.getAsJsonObject("model").getAsJsonObject("vocab").asMap().forEach((token, id) -> ids.put(token, id.getAsInt()));
        List<String> vocabulary = new ArrayList<>(Collections.nCopies(ids.size(), ""));
        ids.forEach((token, id) -> vocabulary.set(id, token));
        return vocabulary;
    }

    /** Both from MiniLM's own tokenizer file but for padding and the longest sequence. */
    static HuggingFace miniLm(int maxTokens) {
        JsonObject json = new Gson().fromJson(resource("/all-minilm-l6-v2-tokenizer.json"), JsonObject.class);
        return of(json, new TokenizerSpec(miniLmVocabulary(), true, true, true, maxTokens));
    }

    /** Both from any vocabulary and settings. */
    static HuggingFace of(TokenizerSpec spec) {
        JsonObject json = new Gson().fromJson(resource("/all-minilm-l6-v2-tokenizer.json"), JsonObject.class);
        JsonObject vocabulary = new JsonObject();
        for (int id = 0; id < spec.vocabulary().size(); id++) {
            vocabulary.addProperty(spec.vocabulary().get(id), id);
        }
        json.getAsJsonObject("model").add("vocab", vocabulary);
        JsonArray added = json.getAsJsonArray("added_tokens");
        added.forEach(token -> {
            JsonObject object = token.getAsJsonObject();
            object.addProperty("id", spec.vocabulary().indexOf(object.get("content").getAsString()));
        });
        JsonObject named = json.getAsJsonObject("post_processor").getAsJsonObject("special_tokens");
        named.asMap().forEach((token, value) -> {
            JsonArray ids = new JsonArray();
            ids.add(spec.vocabulary().indexOf(token));
            value.getAsJsonObject().add("ids", ids);
        });
        return of(json, spec);
    }

    private static HuggingFace of(JsonObject json, TokenizerSpec spec) {
        JsonObject normalizer = json.getAsJsonObject("normalizer");
        normalizer.addProperty("lowercase", spec.lowerCase());
        normalizer.addProperty("strip_accents", spec.stripAccents());
        normalizer.addProperty("handle_chinese_chars", spec.splitChinese());
        json.getAsJsonObject("truncation").addProperty("max_length", spec.maxTokens());
        json.remove("padding");
        Map<String, String> options = Map.of(
                "padding", "false", "truncation", "true", "maxLength", String.valueOf(spec.maxTokens()), "modelMaxLength", "1000000000");
        try {
            InputStream stream = new ByteArrayInputStream(json.toString().getBytes(StandardCharsets.UTF_8));
            return new HuggingFace(HuggingFaceTokenizer.newInstance(stream, options), new WordPieceTokenizer(spec));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String resource(String name) {
        try (InputStream stream = HuggingFace.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The special tokens, then every given token. */
    static List<String> vocabulary(Stream<String> tokens) {
        return Stream.concat(SPECIAL.stream(), tokens).toList();
    }

    /** Texts that come out differently, with both answers. */
    List<String> differences(List<String> texts) {
        Encoding[] expected = theirs.batchEncode(texts, true, false);
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < expected.length; i++) {
            String text = texts.get(i);
            compare(text, expected[i], ours.encode(text), differences);
        }
        return differences;
    }

    /** Pairs that come out differently, with both answers. */
    List<String> differences(PairList<String, String> pairs) {
        Encoding[] expected = theirs.batchEncode(pairs, true, false);
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < expected.length; i++) {
            String first = pairs.keyAt(i);
            String second = pairs.valueAt(i);
            compare(first + " | " + second, expected[i], ours.encode(first, second), differences);
        }
        return differences;
    }

    private static void compare(String text, Encoding expected, TokenizedText actual, List<String> differences) {
        int[] ids = toInts(expected.getIds());
        int[] types = toInts(expected.getTypeIds());
        if (!Arrays.equals(ids, actual.ids()) || !Arrays.equals(types, actual.types())
                || expected.exceedMaxLength() != actual.truncated()) {
            differences.add("%s%n theirs %s %s %s%n ours   %s %s %s".formatted(
                    escape(text), Arrays.toString(ids), Arrays.toString(types), expected.exceedMaxLength(),
                    Arrays.toString(actual.ids()), Arrays.toString(actual.types()), actual.truncated()));
        }
    }

    private static int[] toInts(long[] values) {
        int[] ints = new int[values.length];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = Math.toIntExact(values[i]);
        }
        return ints;
    }

    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        text.chars().forEach(c -> escaped.append(c >= ' ' && c < 0x7f ? String.valueOf((char) c) : "\\u%04x".formatted(c)));
        return escaped.toString();
    }

    @Override
    public void close() {
        theirs.close();
    }
}
