package dev.filigree.pruner.checkpoint;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/** One file of a checkpoint: magic, header, state, and the CRC32C of all that. It appears whole or not at all. */
final class CheckpointFile {
    private static final byte[] MAGIC = "FILIGREE CHECKPOINT 3\n".getBytes(StandardCharsets.US_ASCII);
    private static final String TEMPORARY = ".tmp";
    private static final int BUFFER = 1 << 18;

    private CheckpointFile() {}

    /**
     * What a file says of itself.
     *
     * @param identity settings and data of the run
     * @param phases nanoseconds that each phase of the track took, in order; the last is the phase that the state is of
     */
    record Header(Map<String, String> identity, SequencedMap<String, Long> phases) {
        /** The phase that the state is of. */
        String phase() {
            return phases.lastEntry().getKey();
        }
    }

    static boolean isTemporary(Path file) {
        return file.getFileName().toString().endsWith(".checkpoint" + TEMPORARY);
    }

    /** Writes under a temporary name, makes the content durable, moves it into place and makes the name durable. */
    static void write(Storage storage, Path target, Header header, Checkpointed state) throws IOException {
        Path temporary = target.resolveSibling(target.getFileName() + TEMPORARY);
        try {
            writeAll(storage, temporary, header, state);
            storage.force(temporary);
            storage.move(temporary, target);
        } catch (IOException e) {
            // On a full disk the rest of it would take the room that the packed file needs.
            storage.delete(temporary);
            throw e;
        }
        storage.force(target.toAbsolutePath().getParent());
    }

    private static void writeAll(Storage storage, Path file, Header header, Checkpointed state) throws IOException {
        CRC32C sum = new CRC32C();
        try (OutputStream bytes = storage.create(file)) {
            OutputStream out = new CheckedOutputStream(new BufferedOutputStream(bytes, BUFFER), sum);
            out.write(MAGIC);
            StateWriter writer = new StateWriter(out);
            writeHeader(writer, header);
            state.save(writer);
            new DataOutputStream(out).writeInt((int) sum.getValue());
            out.flush();
        }
    }

    /** The header of a whole and undamaged file, otherwise nothing. */
    static Optional<Header> check(Storage storage, Path file) throws IOException {
        CRC32C sum = new CRC32C();
        byte[] buffer = new byte[BUFFER];
        int held = 0;
        try (InputStream in = storage.read(file)) {
            // The last four bytes read so far may be the checksum, so they wait.
            for (int n = in.read(buffer, held, BUFFER - held); n >= 0; n = in.read(buffer, held, BUFFER - held)) {
                int all = held + n;
                int summed = Math.max(0, all - Integer.BYTES);
                sum.update(buffer, 0, summed);
                System.arraycopy(buffer, summed, buffer, 0, all - summed);
                held = all - summed;
            }
        }
        if (held < Integer.BYTES || new DataInputStream(new ByteArrayInputStream(buffer, 0, held)).readInt() != (int) sum.getValue()) {
            return Optional.empty();
        }
        try (InputStream in = storage.read(file)) {
            return Optional.of(readHeader(reader(in, file)));
        }
    }

    /** Takes on the state of a file that was {@linkplain #check checked}. */
    static void read(Storage storage, Path file, Checkpointed state) throws IOException {
        try (InputStream in = storage.read(file)) {
            StateReader reader = reader(in, file);
            readHeader(reader);
            state.restore(reader);
        }
    }

    private static StateReader reader(InputStream file, Path name) throws IOException {
        InputStream in = new BufferedInputStream(file, BUFFER);
        if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
            throw new IOException(name + " is no checkpoint of this version: delete it to start over, or use the version that wrote it.");
        }
        return new StateReader(in);
    }

    private static void writeHeader(StateWriter out, Header header) throws IOException {
        out.number("settings", header.identity().size());
        for (Map.Entry<String, String> entry : header.identity().entrySet()) {
            out.text("name", entry.getKey());
            out.text("value", entry.getValue());
        }
        out.number("phases", header.phases().size());
        for (Map.Entry<String, Long> entry : header.phases().entrySet()) {
            out.text("phase", entry.getKey());
            out.number("nanoseconds", entry.getValue());
        }
    }

    private static Header readHeader(StateReader in) throws IOException {
        Map<String, String> identity = new LinkedHashMap<>();
        for (long left = in.number("settings"); left > 0; left--) {
            identity.put(in.text("name"), in.text("value"));
        }
        SequencedMap<String, Long> phases = new LinkedHashMap<>();
        for (long left = in.number("phases"); left > 0; left--) {
            phases.put(in.text("phase"), in.number("nanoseconds"));
        }
        return new Header(identity, phases);
    }
}
