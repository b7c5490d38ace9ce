package dev.filigree.spring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NativeAccessTest {
    @Test
    void whoAllowsItGetsNoAdvice() {
        assertThat(NativeAccess.advice(Object.class.getModule())).isEmpty();
    }

    @Test
    void whoDoesNotIsToldHowTo() {
        Module without = java.util.logging.Logger.class.getModule();

        assertThat(NativeAccess.advice(without)).hasValueSatisfying(
                sentence -> assertThat(sentence).contains("--enable-native-access=java.logging", "manifest"));
    }
}
