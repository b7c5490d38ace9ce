package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VocabularyTest {
    private static final List<String> TOKENS = List.of("[PAD]", "", "a", "##é", "字", "😀", "a b", "\r");

    @Test
    void isTheListItWasMadeOf() {
        Vocabulary vocabulary = Vocabulary.of(TOKENS);
        assertThat(vocabulary).isEqualTo(TOKENS).hasSameHashCodeAs(TOKENS).containsExactlyElementsOf(TOKENS);
        assertThat(Vocabulary.of(vocabulary)).isSameAs(vocabulary);
        assertThat(Vocabulary.of(List.of())).isEmpty();
        for (int id = 0; id < TOKENS.size(); id++) {
            assertThat(vocabulary.indexOf(TOKENS.get(id))).isEqualTo(id);
        }
        assertThat(vocabulary.contains("[PAD")).isFalse();
        assertThat(vocabulary.contains(7)).isFalse();
        assertThatThrownBy(() -> vocabulary.get(TOKENS.size())).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> vocabulary.set(0, "b")).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void comesBackFromTheBytesOfAFile() {
        byte[] utf8 = Vocabulary.of(TOKENS).utf8().toArray(ValueLayout.JAVA_BYTE);
        assertThat(new String(utf8, StandardCharsets.UTF_8)).isEqualTo(String.join("\n", TOKENS));
        int[] ends = new int[TOKENS.size()];
        assertThat(Vocabulary.lines(utf8, ends)).isEqualTo(TOKENS.size());
        assertThat(new Vocabulary(utf8, ends)).isEqualTo(TOKENS);
        assertThat(Vocabulary.lines(utf8, new int[3])).isEqualTo(TOKENS.size());
    }

    @Test
    void halfASurrogatePairIsNoText() {
        assertThatThrownBy(() -> Vocabulary.of(List.of("a", "\uD83D")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("Token 1 ");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1022, 1023, 1024, 1025, 5000})
    void utf8IsCheckedToItsEnd(int length) {
        for (String last : new String[] {"a", "é", "字", "😀"}) {
            byte[] utf8 = ("x".repeat(length) + last).getBytes(StandardCharsets.UTF_8);
            assertThat(Vocabulary.lines(utf8, new int[1])).isEqualTo(1);
            utf8[utf8.length - 1] ^= (byte) 0x80;
            assertThat(Vocabulary.lines(utf8, new int[1])).as(last).isEqualTo(Vocabulary.NOT_UTF8);
        }
    }

    /** Of what ends in up to four bytes, all of one, two and three, and of four whatever the first two are. */
    @Test
    void utf8IsWhatTheJdkTakesForIt() {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        byte[] lasts = {0x00, 0x7F, (byte) 0x80, (byte) 0xBF, (byte) 0xC0, (byte) 0xFF};
        int wrong = 0;
        for (int first = 0; first < 1 << 16; first++) {
            for (byte third : lasts) {
                for (byte fourth : lasts) {
                    byte[] four = {(byte) (first >> 8), (byte) first, third, fourth};
                    for (int length = 1; length <= four.length; length++) {
                        byte[] bytes = Arrays.copyOf(four, length);
                        wrong += Vocabulary.lines(bytes, new int[1]) == lines(decoder, bytes) ? 0 : 1;
                    }
                }
            }
        }
        assertThat(wrong).isZero();
    }

    private static long lines(CharsetDecoder decoder, byte[] bytes) {
        decoder.reset();
        CharBuffer room = CharBuffer.allocate(bytes.length);
        return decoder.decode(ByteBuffer.wrap(bytes), room, true).isError()
                ? Vocabulary.NOT_UTF8
                : 1 + room.flip().chars().filter(c -> c == '\n').count();
    }

    @Test
    void theLongestTokenThatBytesBeginWithIsFound() {
        Vocabulary vocabulary = Vocabulary.of(List.of("", "a", "##é", "ab", "abcd", "字", "##"));
        assertThat(longestPrefix(vocabulary, "abc")).isEqualTo(3);
        assertThat(longestPrefix(vocabulary, "abcdef")).isEqualTo(4);
        assertThat(longestPrefix(vocabulary, "##éa")).isEqualTo(2);
        assertThat(longestPrefix(vocabulary, "##e")).isEqualTo(6);
        assertThat(longestPrefix(vocabulary, "字字")).isEqualTo(5);
        assertThat(longestPrefix(vocabulary, "b")).isEqualTo(-1);
        assertThat(longestPrefix(vocabulary, "")).as("the empty token is none that anything begins with").isEqualTo(-1);
        assertThat(vocabulary.longestPrefix("xabcd".getBytes(StandardCharsets.UTF_8), 1, 4)).as("not beyond the end").isEqualTo(3);
        assertThat(vocabulary.bytes(2)).isEqualTo(4);
        assertThat(Vocabulary.of(List.of()).indexOf("a")).isEqualTo(-1);
    }

    private static int longestPrefix(Vocabulary vocabulary, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return vocabulary.longestPrefix(utf8, 0, utf8.length);
    }

    @Test
    void everyTokenOfManyIsFound() {
        List<String> tokens = manyTokens();
        Vocabulary vocabulary = Vocabulary.of(tokens);
        for (int id = 0; id < tokens.size(); id++) {
            assertThat(vocabulary.indexOf(tokens.get(id))).isEqualTo(id);
            assertThat(vocabulary.contains("-" + tokens.get(id))).isFalse();
        }
    }

    @Test
    void theFirstTokenThatIsThereAlreadyIsFound() {
        Random random = new Random(3);
        List<String> tokens = manyTokens();
        assertThat(repeated(tokens)).isEqualTo(-1);
        for (int i = 0; i < 20; i++) {
            int earlier = random.nextInt(tokens.size() - 1);
            int later = earlier + 1 + random.nextInt(tokens.size() - 1 - earlier);
            List<String> repeated = new ArrayList<>(tokens);
            repeated.set(later, tokens.get(earlier));
            assertThat(repeated(repeated)).isEqualTo(later);
            assertThatThrownBy(() -> Vocabulary.of(repeated))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageEndingWith(" at " + earlier + " and at " + later + ".");
        }
    }

    private static List<String> manyTokens() {
        List<String> tokens = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            tokens.add(Integer.toString(i * 7919 % 20_011, Character.MAX_RADIX));
        }
        return tokens;
    }

    private static int repeated(List<String> tokens) {
        byte[] utf8 = String.join("\n", tokens).getBytes(StandardCharsets.UTF_8);
        int[] ends = new int[tokens.size()];
        Vocabulary.lines(utf8, ends);
        return new Vocabulary(utf8, ends).firstRepeated();
    }
}
