package dev.filigree.pruner.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.filigree.format.TokenizerSpec;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Reading tokenizer.json. */
class TokenizerJsonTest {
    private static final String GOOD = """
            {"padding": {"strategy": {"Fixed": 128}},
             "added_tokens": [{"id": 0, "content": "[PAD]"}],
             "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                            "lowercase": true},
             "pre_tokenizer": {"type": "BertPreTokenizer"},
             "model": {"unk_token": "[UNK]", "continuing_subword_prefix": "##",
                       "vocab": {"a": 4, "[PAD]": 0, "[UNK]": 1, "[SEP]": 3, "[CLS]": 2}}}
            """;

    @Test
    void ordersTheVocabularyByIdAndPassesOverPadding() throws BaseModelException {
        TokenizerSpec spec = read(GOOD);
        assertThat(spec.vocabulary()).containsExactly("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a");
        assertThat(spec.maxTokens()).isEqualTo(64);
    }

    @Test
    void accentsGoWithTheCaseUnlessTheFileSaysOtherwise() throws BaseModelException {
        assertThat(read(GOOD)).extracting(TokenizerSpec::lowerCase, TokenizerSpec::stripAccents).containsExactly(true, true);
        assertThat(read(GOOD.replace("\"lowercase\": true", "\"lowercase\": false")))
                .extracting(TokenizerSpec::lowerCase, TokenizerSpec::stripAccents).containsExactly(false, false);
        assertThat(read(GOOD.replace("\"strip_accents\": null", "\"strip_accents\": false")))
                .extracting(TokenizerSpec::lowerCase, TokenizerSpec::stripAccents).containsExactly(true, false);
        assertThat(read(GOOD.replace("\"handle_chinese_chars\": true", "\"handle_chinese_chars\": false")).splitChinese()).isFalse();
    }

    @Test
    void whatAnotherInputWouldComeOfIsRefused() throws BaseModelException {
        String limit = "\"unk_token\": \"[UNK]\", \"max_input_chars_per_word\": ";
        assertThat(read(GOOD.replace("\"unk_token\": \"[UNK]\"", limit + "100"))).isEqualTo(read(GOOD));
        assertRefused(GOOD.replace("\"unk_token\": \"[UNK]\"", limit + "50"), "words of more than 50 characters");
        String template = """
                {"post_processor": {"type": "TemplateProcessing",
                  "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                             {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
                  "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                           {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
                           {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]},""";
        String whole = template + GOOD.substring(1);
        assertThat(read(whole)).isEqualTo(read(GOOD));
        assertRefused(whole.replace("\"B\", \"type_id\": 1", "\"B\", \"type_id\": 0"), "/post_processor/pair is");
        assertRefused(whole.replace("\"[CLS]\", \"type_id\"", "\"[BOS]\", \"type_id\""), "where a BERT tokenizer has");
    }

    @Test
    void anEmbeddingMayHaveMoreRowsThanThereAreTokens() throws BaseModelException {
        assertThat(read(GOOD.replace("\"a\": 4, ", "")).vocabulary()).containsExactly("[PAD]", "[UNK]", "[CLS]", "[SEP]");
    }

    @Test
    void otherTokenizersAndDamagedVocabulariesAreRefused() {
        assertRefused(GOOD.substring(20), "is not JSON");
        assertRefused("{", "(start marker at [line: 1, column: 1])): get the file again.");
        assertRefused(GOOD.replace("BertNormalizer", "Lowercase"), "/normalizer/type is \"Lowercase\"");
        assertRefused(GOOD.replace("##", "@@"), "/model/continuing_subword_prefix");
        assertRefused(GOOD.replace("BertPreTokenizer", "ByteLevel"), "/pre_tokenizer/type");
        assertRefused(GOOD.replace("\"[CLS]\": 2", "\"b\": 2"), "lacks [CLS]");
        assertRefused(GOOD.replace("\"[CLS]\": 2", "\"[CLS]\": 3"), "which is taken or out of range");
        assertRefused(GOOD.replace("\"a\": 4", "\"a\": 5"), "which is taken or out of range");
        assertRefused(GOOD.replace("\"a\": 4", "\"a\": 4, \"b\": 5"), "6 tokens where the word embedding has 5 rows");
        assertRefused(GOOD.replace("\"a\": 4", "\"a\": 4, \"a\": 4"), "Duplicate");
        assertRefused(GOOD.replace("\"id\": 0", "\"id\": 3"), "added token \"[PAD]\"");
    }

    private static TokenizerSpec read(String json) throws BaseModelException {
        return TokenizerJson.read(json.getBytes(StandardCharsets.UTF_8), "tokenizer.json").spec(5, 64);
    }

    private static void assertRefused(String json, String words) {
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> read(json))
                .withMessageStartingWith("tokenizer.json")
                .withMessageContaining(words);
    }
}
