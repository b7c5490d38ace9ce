package dev.filigree.pruner.base;

import com.fasterxml.jackson.databind.JsonNode;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.TokenizerSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * The tokenizer of a Hugging Face folder: {@code tokenizer.json}, or else {@code vocab.txt}, with the settings of
 * {@code tokenizer_config.json} over it, as Transformers' fast tokenizer reads them.
 */
final class HuggingFaceTokenizer {
    /** The last two leave everything to {@code tokenizer.json}. */
    private static final Set<String> CLASSES =
            Set.of("BertTokenizer", "BertTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend");

    private HuggingFaceTokenizer() {}

    static TokenizerSpec read(Path folder, EncoderShape shape) throws BaseModelException {
        Path config = folder.resolve("tokenizer_config.json");
        JsonNode settings = JsonFile.readIfPresent(config);
        String kind = settings.path("tokenizer_class").asText("BertTokenizer");
        if (!CLASSES.contains(kind) || !settings.path("do_basic_tokenize").asBoolean(true)) {
            throw new BaseModelException(config + " asks for a " + kind + (CLASSES.contains(kind) ? " without its basic tokenizer" : "")
                    + ", and Filigree has BERT's WordPiece tokenizer only: choose a BERT encoder.");
        }
        WordPiece tokenizer = vocabulary(folder).with(settings);
        requireKnown(tokenizer, settings.path("added_tokens_decoder"));
        // Tokenizers without a limit of their own write 10^30.
        int maxTokens = (int) Math.min(shape.maxPositions(), settings.path("model_max_length").asDouble(shape.maxPositions()));
        return tokenizer.spec(shape.vocabulary(), maxTokens);
    }

    private static WordPiece vocabulary(Path folder) throws BaseModelException {
        Path json = folder.resolve("tokenizer.json");
        if (Files.exists(json)) {
            return TokenizerJson.read(JsonFile.bytes(json), json.toString());
        }
        Path text = folder.resolve("vocab.txt");
        if (!Files.exists(text)) {
            throw new BaseModelException(folder + " holds neither tokenizer.json nor vocab.txt: copy one from where the model came from.");
        }
        return WordPiece.text(JsonFile.bytes(text), text.toString());
    }

    /** Tokens added after training are looked for in the text as they stand, which WordPiece does not do. */
    private static void requireKnown(WordPiece tokenizer, JsonNode added) throws BaseModelException {
        for (Map.Entry<String, JsonNode> entry : added.properties()) {
            String content = entry.getValue().path("content").asText();
            int id = tokenizer.tokens().indexOf(content);
            if (!Integer.toString(id).equals(entry.getKey())) {
                throw tokenizer.refuse("the added token '" + content + "' is not in the vocabulary under its id " + entry.getKey());
            }
        }
    }
}
