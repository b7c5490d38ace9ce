package dev.filigree.pruner.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.Condition;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Outputs appear whole or not at all. */
class WholeFilesTest {
    @TempDir
    Path folder;

    @Test
    void aFileIsReplacedAndItsFolderMade() throws IOException {
        Path target = folder.resolve("new/out");
        WholeFiles.write(target, new byte[] {1});
        WholeFiles.write(target, new byte[] {2});
        assertThat(target).hasBinaryContent(new byte[] {2});
        assertThat(target.getParent()).isDirectoryContaining(target::equals).isDirectoryNotContaining(path -> !path.equals(target));
    }

    @Test
    void aFailureLeavesTheOldFileAlone() throws IOException {
        Path target = Files.write(folder.resolve("out"), new byte[] {1});
        assertThatThrownBy(() -> WholeFiles.write(target, out -> {
            out.write(2);
            throw new IOException("full");
        })).hasMessage("full");
        assertThat(target).hasBinaryContent(new byte[] {1});
        assertThat(folder).isDirectoryNotContaining(path -> !path.equals(target));
    }

    /** A name that only its temporary form makes too long stands for every failure of the file system, a full disk among them. */
    @Test
    void aFailureIsToldOfTheFileThatWasAskedFor() {
        Path target = folder.resolve("n".repeat(250));
        for (ThrowingCallable write : List.<ThrowingCallable>of(
                () -> WholeFiles.write(target, new byte[] {1}), () -> WholeFiles.writeFolder(target, made -> { }))) {
            assertThatThrownBy(write).isInstanceOf(IOException.class)
                    .hasMessageStartingWith(target + " cannot be written: ").hasMessageNotContaining(".part");
        }
    }

    @Test
    void aFolderIsNoFileAndAFileNoFolder() throws IOException {
        assertThatThrownBy(() -> WholeFiles.write(folder, new byte[0]))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("folder");
        Path file = Files.write(folder.resolve("file"), new byte[0]);
        assertThatThrownBy(() -> WholeFiles.writeFolder(file, made -> { }))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("file");
    }

    /** What has a file's name and is none, as /dev/null is, stays what it is; a socket can be made without rights. */
    @Test
    void aDeviceIsNeitherFileNorFolder() throws IOException {
        Path target = folder.resolve("socket");
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(target));
            assertThatThrownBy(() -> WholeFiles.write(target, new byte[0])).hasMessageContaining("device");
            assertThatThrownBy(() -> WholeFiles.writeFolder(target, made -> { })).hasMessageContaining("file");
            assertThat(target).exists().isNot(new Condition<>(Files::isRegularFile, "a file"));
        }
    }

    @Test
    void anEmptyFolderIsFilledAndAFullOneIsNot() throws IOException {
        Path target = Files.createDirectory(folder.resolve("out"));
        WholeFiles.writeFolder(target, made -> Files.writeString(made.resolve("a"), "1"));
        assertThat(target.resolve("a")).hasContent("1");
        assertThatThrownBy(() -> WholeFiles.writeFolder(target, made -> Files.writeString(made.resolve("a"), "2")))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("not empty");
        assertThat(target.resolve("a")).hasContent("1");
        assertThat(folder).isDirectoryNotContaining(path -> !path.equals(target));
    }

    @Test
    void aFailureLeavesNoFolder() {
        assertThatThrownBy(() -> WholeFiles.writeFolder(folder.resolve("out"), made -> {
            Files.createDirectories(made.resolve("sub"));
            Files.writeString(made.resolve("sub/a"), "1");
            throw new IllegalArgumentException("too large");
        })).hasMessage("too large");
        assertThat(folder).isEmptyDirectory();
    }
}
