package dev.filigree.format;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Writes model files: whole or not at all, and the same bytes for the same model. */
public final class ModelWriter {
    private ModelWriter() {}

    /**
     * Writes a model beside the target under a temporary name, reads it back with every check, and then moves it into place atomically.
     *
     * @throws ModelFormatException when the model is one that {@link ModelFile#open} would refuse, for the same reason, or comes from a
     *     file that has been cut short
     * @throws IOException when the file cannot be written; the target is then as it was
     */
    public static void write(Model model, Path target) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new IOException("The model cannot be written to " + target + ": there is no folder " + folder + ".");
        }
        if (Files.isDirectory(target)) {
            throw new IOException("The model cannot be written to " + target + ": a folder has that name.");
        }
        // The file that takes its place would be all that programs find under /dev/null from then on.
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new IOException("The model cannot be written to " + target + ": a pipe or a device has that name.");
        }
        Path temporary = folder.resolve(".filigree-" + UUID.randomUUID() + ".tmp");
        try {
            writeAll(new ManifestEncoder(model), temporary);
            ModelFile.open(temporary, target, ModelFile.Checks.CHECKSUMS).close();
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            syncFolder(folder);
        } catch (ModelFormatException e) {
            throw e;
        } catch (InternalError e) {
            throw MappedMemory.refusal(new Source("The file that the model for " + target + " comes from"), e);
        } catch (IOException e) {
            throw new IOException("The model cannot be written to " + target + ": " + IoReason.of(e) + ".", e);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void writeAll(ManifestEncoder model, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            write(channel, ByteBuffer.wrap(head(model.manifest())));
            Segments segments = new Segments(model.payloads());
            for (MemorySegment payload : model.payloads()) {
                write(channel, ByteBuffer.wrap(payloadHead(channel.position(), payload.byteSize())));
                segments.forEachPiece(payload, piece -> write(channel, piece));
            }
            channel.force(true);
        }
    }

    /** Magic and manifest. */
    private static byte[] head(byte[] manifest) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(FileLayout.magic());
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeUInt32NoTag(FileLayout.MANIFEST_TAG);
        out.writeByteArrayNoTag(manifest);
        out.flush();
        return bytes.toByteArray();
    }

    /** What goes before a payload's bytes: the padding field, if one is needed, and the payload's tag and length. */
    private static byte[] payloadHead(long offset, long length) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        int padding = FileLayout.paddingField(offset, length);
        if (padding > 0) {
            out.writeUInt32NoTag(FileLayout.PADDING_TAG);
            out.writeByteArrayNoTag(new byte[padding - 2]);
        }
        out.writeUInt32NoTag(FileLayout.PAYLOAD_TAG);
        out.writeUInt64NoTag(length);
        out.flush();
        return bytes.toByteArray();
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Makes the new name durable; file systems that cannot open a folder do it by themselves. */
    private static void syncFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The file is whole and in place: that its name may be lost in a power cut is no failure of this write.
        }
    }
}
