package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Command;

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
    void anInterruptIsNoMishap() {
        assertThat(CommandLines.sentence(new InterruptedException())).startsWith("stopped");
        assertThat(CommandLines.sentence(new ClosedByInterruptException())).startsWith("stopped");
        assertThat(CommandLines.sentence(new IOException("It cannot be written.", new ClosedByInterruptException()))).startsWith("stopped");
    }

    @Test
    void whereMemoryRunsOutTheUserIsToldHowToGiveMore() {
        StringWriter err = new StringWriter();
        assertThat(CommandLines.run(CommandLines.of(new Greedy()).setErr(new PrintWriter(err, true)), new String[0])).isEqualTo(1);
        assertThat(err.toString()).startsWith("filigree: memory ran out (Java heap space)").contains("-Xmx4g").hasLineCount(1);
    }

    @Command
    private static final class Greedy implements Runnable {
        @Override
        public void run() {
            throw new OutOfMemoryError("Java heap space");
        }
    }

    @Test
    void messagesAreToldAsTheyAre() {
        assertThat(CommandLines.sentence(new UncheckedIOException(new IOException("No.")))).isEqualTo("No.");
        assertThat(CommandLines.sentence(new NoSuchFileException("here"))).isEqualTo("here does not exist.");
        assertThat(CommandLines.sentence(new FileSystemException("here"))).isEqualTo("here.");
        assertThat(CommandLines.sentence(new FileSystemException("here", null, "Is a directory"))).isEqualTo("here: Is a directory.");
    }
}
