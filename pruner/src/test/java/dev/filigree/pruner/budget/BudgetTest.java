package dev.filigree.pruner.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {
    @Test
    void readsSpeedAndSize() {
        assertThat(Budget.parse("speed=1.25x")).isEqualTo(new Budget.Speed(1.25));
        assertThat(Budget.parse(" Speed=2 ")).isEqualTo(new Budget.Speed(2));
        assertThat(Budget.parse("size=14MB")).isEqualTo(new Budget.Size(14_000_000));
        assertThat(Budget.parse("size=1.5 kB")).isEqualTo(new Budget.Size(1500));
        assertThat(Budget.parse("size=123")).isEqualTo(new Budget.Size(123));
    }

    @Test
    void readsBackWhatItPrints() {
        for (String text : new String[] {"speed=1.25x", "size=14000000"}) {
            assertThat(Budget.parse(text)).hasToString(text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1.25x", "speed=", "speed=fast", "size=12 GB", "speed=-2x"})
    void refusesWhatIsNone(String text) {
        assertThatThrownBy(() -> Budget.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("is no budget");
    }

    @ParameterizedTest
    @ValueSource(strings = {"speed=1x", "speed=0.5x", "size=0"})
    void refusesWhatCannotBe(String text) {
        assertThatThrownBy(() -> Budget.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("A budget of");
    }
}
