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
        assertThat(Vocabulary.ofLines(utf8, TOKENS.size())).isEqualTo(TOKENS);
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
            assertThat(Vocabulary.ofLines(utf8, 1).isUtf8()).isTrue();
            utf8[utf8.length - 1] ^= (byte) 0x80;
            assertThat(Vocabulary.ofLines(utf8, 1).isUtf8()).as(last).isFalse();
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
                        wrong += Vocabulary.ofLines(bytes, Vocabulary.lines(bytes)).isUtf8() == isUtf8(decoder, bytes) ? 0 : 1;
                    }
                }
            }
        }
        assertThat(wrong).isZero();
    }

    private static boolean isUtf8(CharsetDecoder decoder, byte[] bytes) {
        decoder.reset();
        CharBuffer room = CharBuffer.allocate(bytes.length);
        return !decoder.decode(ByteBuffer.wrap(bytes), room, true).isError();
    }

    /** Every character there is, in tokens of some. */
    @Test
    void itsCharactersAreThoseOfItsTokens() {
        List<String> tokens = new ArrayList<>(TOKENS);
        StringBuilder token = new StringBuilder();
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
                token.appendCodePoint(codePoint);
            }
            if (codePoint % 97 == 0) {
                tokens.add(token.toString());
                token.setLength(0);
            }
        }
        int[] ends = new int[tokens.size()];
        char[] characters = Vocabulary.of(tokens).characters(ends);
        assertThat(characters).isEqualTo(String.join("\n", tokens).toCharArray());
        int start = 0;
        for (int id = 0; id < ends.length; id++) {
            assertThat(new String(characters, start, ends[id] - start)).isEqualTo(tokens.get(id));
            start = ends[id] + 1;
        }
        assertThat(Vocabulary.of(List.of()).characters(new int[0])).isEmpty();
    }

    @Test
    void theFirstTokenThatIsThereAlreadyIsFound() {
        Random random = new Random(3);
        List<String> tokens = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            tokens.add(Integer.toString(i * 7919 % 20_011, Character.MAX_RADIX));
        }
        assertThat(Vocabulary.of(tokens).firstRepeated()).isEqualTo(-1);
        for (int i = 0; i < 20; i++) {
            int earlier = random.nextInt(tokens.size() - 1);
            int later = earlier + 1 + random.nextInt(tokens.size() - 1 - earlier);
            List<String> repeated = new ArrayList<>(tokens);
            repeated.set(later, tokens.get(earlier));
            assertThat(Vocabulary.of(repeated).firstRepeated()).isEqualTo(later);
        }
    }
}
