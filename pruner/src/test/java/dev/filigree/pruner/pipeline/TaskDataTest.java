package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.filigree.format.TokenizerSpec;
import dev.filigree.pruner.base.TinyEncoder;
import dev.filigree.pruner.data.Example;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TaskDataTest {
    @AfterEach
    void forgetInterrupt() {
        Thread.interrupted();
    }

    @Test
    void anInterruptEndsTokenizing() {
        List<String> vocabulary = List.of(TinyEncoder.VOCABULARY.split("\n"));
        WordPieceTokenizer tokenizer = new WordPieceTokenizer(new TokenizerSpec(vocabulary, true, true, true, 9));
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> TaskData.encode(List.of(new Example("a b", Optional.empty(), 1)), tokenizer));
    }
}
