package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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
