package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CommandLinesTest {
    static Stream<Exception> withoutMessage() {
        return Stream.of(new ConnectException(), new IllegalArgumentException(), new IllegalStateException(),
                new FileSystemException(null));
    }

    @ParameterizedTest
    @MethodSource
    void withoutMessage(Exception failure) {
        assertThat(CommandLines.sentence(failure)).contains(failure.getClass().getName(), "-Dfiligree.trace=true").doesNotContain("null");
    }

    @Test
    void messagesAreToldAsTheyAre() {
        assertThat(CommandLines.sentence(new UncheckedIOException(new IOException("No.")))).isEqualTo("No.");
        assertThat(CommandLines.sentence(new NoSuchFileException("here"))).isEqualTo("here does not exist.");
        assertThat(CommandLines.sentence(new FileSystemException("here"))).isEqualTo("here.");
        assertThat(CommandLines.sentence(new FileSystemException("here", null, "Is a directory"))).isEqualTo("here: Is a directory.");
    }
}
