package dev.filigree.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import ai.djl.util.PairList;
import dev.filigree.format.TokenizerSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tokens of hostile texts equal those of Hugging Face's Rust tokenizer. */
class HuggingFaceEqualityTest {
    private static final List<String> HOSTILE = List.of(
            "", " ", "\t\n\r\u00a0", "\0", "a\0b", "\ufffd", "a\ufffdb", "\u200b", "zero\u200bwidth", "soft\u00adhyphen",
            "\ufeffbom",
            "hello world", "HELLO World", "it's (not) so-so... isn't it?!", "a,b;c", "$100,000.00 + 5% = ~^`|<>",
            "@user #tag_name",
            "na\u00efve caf\u00e9", "nai\u0308ve cafe\u0301", "\u0130stanbul I\u0307 \u0131", "STRASSE stra\u00dfe \u1e9e",
            "\u03a3\u03a3 \u039f\u03a3",
            "\u1ea4\u1edb \u1e69 s\u0323\u0307 s\u0307\u0323", "\u212b \u2126 \u212a", "\ufb01ne \ufb03", "\u2260 < \u0338",
            "\u037e \u1fef \u0344 \u0345",
            "\u4f60\u597d\u4e16\u754c", "mix\u4e2dmix", "\uf900\ufa0e \u2f00", "\ud840\udc00\ud869\uded6\ud87e\udc02",
            "\ud86e\udc20\ud873\udeaf\ud873\udeb0",
            "\u3042\u304c\u304b\u3099 \u30ab\u30ac", "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
            "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
            "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0627\u0644\u0639\u0631\u0628\u064e\u064a\u0651\u0629",
            "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd",
            "\ud83d\ude00 smile\ud83d\udc4d\ud83c\udffd", "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67",
            "\ud83c\uddeb\ud83c\uddf7", "x\ufe0fy",
            "\ud835\udc07\ud835\udc1e\ud835\udc25\ud835\udc25\ud835\udc28", "\ud801\udc00\ud801\udc27",
            "\ue000\udbff\udffd", "\u2028line\u2029para\u0085next",
            "\u202ertl\u202c", "\u3000wide\u3000space \uff21\uff22\uff03",
            "\u00ab quoted \u00bb \u201cx\u201d \u2018y\u2019 \u2013 \u2014 \u2026", "\u00b2\u00bd\u2167\u2460",
            "[SEP]", "[MASK] [CLS] [UNK] [PAD]", "a[SEP]b", "[sep] [ SEP ] [SEP", "[[SEP]]", "[SEP][SEP]x[MASK].",
            "[S\u00adEP]", "[SEP]\u0301a", "#hash ##ing ###",
            "[unused0] [unused99]", "un##aff", "unaffable unaffab\u0142e", "\u0142\u00f3d\u017a \u00d8re \u0111",
            "x".repeat(100), "x".repeat(101), "a".repeat(99) + "\u00e9",
            "e\u0301".repeat(100), "e\u0301".repeat(101), "\ud801\udc00".repeat(100), "\ud801\udc00".repeat(101),
            "x".repeat(50) + "\u00ad".repeat(60), "word ".repeat(150),
            "\u0378\ud83f\udffe\ufffe\uffff", "\u08d3\u0d3b x", "\ud806\udd38\u0301", "\ud805\udf83");
    /** Pieces that meet each other at random: cases, marks, spaces, controls, ideographs, Hangul, specials, later Unicode. */
    private static final int[][] ALPHABETS = {
        {0, 0x7f}, {0x20, 0x7e}, {0x61, 0x7a}, {0x80, 0x24f}, {0x300, 0x36f}, {0x370, 0x52f}, {0x590, 0x6ff},
        {0x900, 0xd7f}, {0x1100, 0x11ff}, {0x1e00, 0x1fff}, {0x2000, 0x206f}, {0x2070, 0x2bff}, {0x3000, 0x30ff},
        {0x4e00, 0x4eff}, {0xac00, 0xd7a3}, {0xe000, 0xe0ff}, {0xf900, 0xffff}, {0x10400, 0x1044f}, {0x11000, 0x11fff},
        {0x1d100, 0x1d1ff}, {0x1f300, 0x1f6ff}, {0x20000, 0x200ff}, {0x2f800, 0x2fa1f}, {0xe0100, 0xe01ef}, {0, 0xd7ff},
        {0xe000, 0x10ffff}};
    private static final List<String> WORDS = List.of(
            "[SEP]", "[MASK]", "[CLS]", "[UNK]", "[PAD]", "[SE", "the", "unaffable", "Running", "\u00c9cole", "##s", "'s",
            " ", "  ", "\n", "-", ".", "\u00df");

    @Test
    void hostileTexts() {
        try (HuggingFace both = HuggingFace.miniLm(512)) {
            assertThat(both.differences(HOSTILE)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 8, 9, 64})
    void hostilePairs(int maxTokens) {
        PairList<String, String> pairs = new PairList<>();
        for (int i = 0; i < HOSTILE.size(); i++) {
            for (int step = 0; step < 5; step++) {
                pairs.add(HOSTILE.get(i), HOSTILE.get((i + 17 * step) % HOSTILE.size()));
            }
        }
        try (HuggingFace both = HuggingFace.miniLm(maxTokens)) {
            assertThat(both.differences(pairs)).isEmpty();
            assertThat(both.differences(HOSTILE)).isEmpty();
        }
    }

    @Test
    void truncationOfEveryPairOfLengths() {
        PairList<String, String> pairs = new PairList<>();
        for (int first = 0; first <= 12; first++) {
            for (int second = 0; second <= 12; second++) {
                pairs.add("a ".repeat(first), "b ".repeat(second));
            }
        }
        List<String> vocabulary = HuggingFace.vocabulary(Stream.of("a", "b"));
        for (int maxTokens = 3; maxTokens <= 20; maxTokens++) {
            try (HuggingFace both = HuggingFace.of(new TokenizerSpec(vocabulary, true, true, true, maxTokens))) {
                assertThat(both.differences(pairs)).as("at most %d tokens", maxTokens).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true, true, true", "true, false, false", "false, true, false", "false, false, true"})
    void randomTextsUnderEverySetting(boolean lowerCase, boolean stripAccents, boolean splitChinese) {
        List<String> vocabulary = HuggingFace.vocabulary(IntStream.rangeClosed(1, 0x2fff)
                .filter(c -> c != '\t' && !Character.isISOControl(c))
                .mapToObj(Character::toString)
                .flatMap(c -> Stream.of(c, "##" + c)));
        try (HuggingFace both = HuggingFace.of(new TokenizerSpec(vocabulary, lowerCase, stripAccents, splitChinese, 128))) {
            assertThat(both.differences(randomTexts(3_000))).isEmpty();
        }
    }

    @Test
    void randomTexts() {
        try (HuggingFace both = HuggingFace.miniLm(128)) {
            assertThat(both.differences(randomTexts(10_000))).isEmpty();
        }
    }

    /** A vocabulary of every character shows what becomes of each: dropped, a space, a word of its own, lower-cased, decomposed. */
    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true"})
    void everyCharacter(boolean lowerCase, boolean stripAccents) {
        List<String> characters = IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                .filter(c -> !isOneOfMany(c) || c % 61 == 0)
                .mapToObj(Character::toString)
                .toList();
        List<String> vocabulary = HuggingFace.vocabulary(characters.stream().flatMap(c -> Stream.of(c, "##" + c)));
        try (HuggingFace both = HuggingFace.of(new TokenizerSpec(vocabulary, lowerCase, stripAccents, true, 16))) {
            assertThat(both.differences(characters.stream().map(c -> "a" + c + "A").toList())).isEmpty();
        }
    }

    /** Of long runs of marks some are stripped, and the others, all of them as old as Unicode 8, are pieces in their canonical order. */
    @Test
    void runsOfMarks() {
        List<String> marks = List.of(
                "\u0301", "\u0316", "\u0345", "\u0344", "\u0f73", "\u0334", "\u0901", "\u302e", "\u302f", "\u1b44", "\u1baa",
                "\ud834\udd65", "\ud834\udd6d", "\u1ab0", "\u0338", "\u05c1", "\u0e38");
        List<String> vocabulary = HuggingFace.vocabulary(
                Stream.concat(Stream.of("a", "e"), marks.stream()).flatMap(c -> Stream.of(c, "##" + c)));
        Random random = new Random(4);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            StringBuilder text = new StringBuilder(random.nextBoolean() ? "a" : "");
            int stripped = random.nextInt(12);
            for (int j = random.nextInt(300); j >= 0; j--) {
                text.append(marks.get(random.nextInt(random.nextInt(12) < stripped ? 6 : marks.size())));
                text.append(random.nextInt(100) == 0 ? "\u00e9" : random.nextInt(100) == 0 ? "\ud818\udd21" : "");
            }
            texts.add(text.append(random.nextInt(3) == 0 ? " a" : "a").toString());
        }
        try (HuggingFace both = HuggingFace.of(new TokenizerSpec(vocabulary, true, true, true, 256))) {
            assertThat(both.differences(texts)).isEmpty();
        }
    }

    /** Putting them in order one by one would take a quarter of an hour. */
    @Test
    void aMillionMarksTakeNoTimeToSpeakOf() {
        TokenizerSpec spec = new TokenizerSpec(HuggingFace.miniLmVocabulary(), true, true, true, 128);
        WordPieceTokenizer tokenizer = new WordPieceTokenizer(spec);
        int[] expected = tokenizer.encode("a b").ids();
        assertTimeoutPreemptively(
                Duration.ofMinutes(1),
                () -> assertThat(tokenizer.encode("a" + "\u0301\u0316".repeat(500_000) + " b").ids()).isEqualTo(expected));
    }

    /** Ideographs, Hangul syllables, private use and unassigned: large classes of which a sample tells enough. */
    private static boolean isOneOfMany(int c) {
        return Character.isIdeographic(c) && Character.getType(c) == Character.OTHER_LETTER
                || Character.UnicodeScript.of(c) == Character.UnicodeScript.HANGUL
                || Character.getType(c) == Character.PRIVATE_USE
                || !Character.isDefined(c);
    }

    @Test
    void unpairedSurrogatesAreDropped() {
        try (HuggingFace both = HuggingFace.miniLm(64)) {
            List<String> texts = List.of("a\ud800b", "\udc00", "\ud800", "x \udbff y", "\udc00\ud800", "caf\u00e9\ud83d");
            assertThat(both.differences(texts)).isEmpty();
            assertThat(both.ours().encode("a\ud800b \ud83d\ude00").ids()).isEqualTo(both.ours().encode("ab \ud83d\ude00").ids());
        }
    }

    private static List<String> randomTexts(int count) {
        Random random = new Random(20_261_122);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder();
            for (int j = random.nextInt(30); j >= 0; j--) {
                if (random.nextInt(4) == 0) {
                    text.append(WORDS.get(random.nextInt(WORDS.size())));
                } else {
                    int[] alphabet = ALPHABETS[random.nextInt(ALPHABETS.length)];
                    text.appendCodePoint(random.nextInt(alphabet[0], alphabet[1] + 1));
                }
            }
            texts.add(text.toString());
        }
        return texts;
    }
}
