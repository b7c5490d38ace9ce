package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StreamTest {
    @TempDir
    Path folder;

    /** A stream that gives a few bytes at a time, knows of none to come, and remembers whether it was closed. */
    private static final class Trickle extends InputStream {
        private final InputStream bytes;
        private boolean closed;
        private long given;

        Trickle(InputStream bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() throws IOException {
            given++;
            return bytes.read();
        }

        @Override
        public int read(byte[] to, int from, int length) throws IOException {
            int read = bytes.read(to, from, Math.min(length, 1021));
            given += Math.max(0, read);
            return read;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void aModelIsReadHoweverTheStreamGivesIt() throws Exception {
        Forgery forgery = Forgery.of(TestModels.full());
        // Larger than what is read at once.
        forgery.manifest.setMinor(FileLayout.MINOR + 1);
        forgery.append(new byte[200_000]);
        byte[] file = forgery.bytes();
        Trickle trickle = new Trickle(new ByteArrayInputStream(file));
        try (ModelFile whole = ModelFile.read(new ByteArrayInputStream(file), "whole");
                ModelFile parts = ModelFile.read(trickle, "parts")) {
            ModelAssert.assertSame(whole.model(), TestModels.full());
            ModelAssert.assertSame(parts.model(), TestModels.full());
            assertThat(whole.sizeBytes()).isEqualTo(parts.sizeBytes()).isEqualTo(file.length);
            assertThat(whole.name()).isEqualTo("whole");
            assertThat(trickle.closed).isFalse();
        }
    }

    @Test
    void weightsAreSlicesOfMemoryThatGoesWithTheFile() throws Exception {
        ModelFile file = ModelFile.read(new ByteArrayInputStream(Forgery.of(TestModels.small()).bytes()), "memory");
        SparseMatrix query = (SparseMatrix) file.model().layers().getFirst().query().weight();
        assertThat(query.values().isNative()).isTrue();
        assertThat(query.values().isReadOnly()).isTrue();
        assertThat(query.values().address() % FileLayout.ALIGNMENT).isZero();
        file.close();
        file.close();
        assertThatThrownBy(query::toFloats).isInstanceOf(IllegalStateException.class);
    }

    static Stream<Attack> attacks() {
        return Attack.all().filter(attack -> attack.refusal() != Refusal.UNREADABLE && attack.refusal() != Refusal.NOT_A_FILE);
    }

    @ParameterizedTest
    @MethodSource("attacks")
    void isRefusedAsAFileIs(Attack attack) throws Exception {
        byte[] file = Files.readAllBytes(attack.file().in(folder));
        ModelFormatException refused = catchThrowableOfType(
                ModelFormatException.class, () -> ModelFile.read(new ByteArrayInputStream(file), "memory").close());
        assertThat(refused.refusal()).as(refused.getMessage()).isEqualTo(attack.refusal());
        assertThat(refused.getMessage()).startsWith("memory: ").endsWith(".").doesNotContain("\n");
    }

    @Test
    void ofWhatIsNoModelOnlyTheBeginningIsRead() {
        Trickle endless = new Trickle(new InputStream() {
            @Override
            public int read() {
                return 'x';
            }
        });
        assertThatThrownBy(() -> ModelFile.read(endless, "endless"))
                .isInstanceOfSatisfying(ModelFormatException.class, e -> assertThat(e.refusal()).isEqualTo(Refusal.NOT_FILIGREE));
        assertThat(endless.given).isLessThan(1 << 20);
    }

    @Test
    void aStreamThatFailsIsTold() throws Exception {
        byte[] file = Forgery.of(TestModels.small()).bytes();
        InputStream failing = new InputStream() {
            private final ByteBuffer left = ByteBuffer.wrap(file, 0, 100);

            @Override
            public int read() throws IOException {
                if (!left.hasRemaining()) {
                    throw new IOException("the line went dead");
                }
                return left.get() & 0xFF;
            }
        };
        assertThatThrownBy(() -> ModelFile.read(failing, "line"))
                .isInstanceOfSatisfying(ModelFormatException.class, e -> assertThat(e.refusal()).isEqualTo(Refusal.UNREADABLE))
                .hasMessage("line: the file cannot be read: the line went dead.");
    }
}
