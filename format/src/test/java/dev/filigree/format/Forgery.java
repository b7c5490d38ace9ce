package dev.filigree.format;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.filigree.format.proto.FiligreeProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** A file taken apart, changed and put together again with lengths and checksums that fit the change, unless told otherwise. */
final class Forgery {
    final FiligreeProto.Manifest.Builder manifest;
    final List<byte[]> payloads = new ArrayList<>();
    boolean align = true;
    private boolean freshTable = true;

    private Forgery(Model model) throws IOException {
        ManifestEncoder encoder = new ManifestEncoder(model);
        manifest = FiligreeProto.Manifest.parseFrom(encoder.manifest()).toBuilder().clearChecksum();
        encoder.payloads().forEach(payload -> payloads.add(payload.toArray(ValueLayout.JAVA_BYTE)));
    }

    static Forgery of(Model model) throws IOException {
        return new Forgery(model);
    }

    FiligreeProto.Matrix.Builder query() {
        return manifest.getLayersBuilder(0).getQueryBuilder().getWeightBuilder();
    }

    ByteBuffer payload(int index) {
        return ByteBuffer.wrap(payloads.get(index)).order(ByteOrder.LITTLE_ENDIAN);
    }

    int append(byte... payload) {
        payloads.add(payload);
        return payloads.size() - 1;
    }

    /** Later changes of the payloads leave the payload table as it is now. */
    void freezeTable() {
        manifest.clearPayloads();
        for (byte[] payload : payloads) {
            manifest.addPayloads(FiligreeProto.Payload.newBuilder().setLength(payload.length).setCrc32C(crc(payload)));
        }
        freshTable = false;
    }

    byte[] bytes() throws IOException {
        if (freshTable) {
            freezeTable();
            freshTable = true;
        }
        return assemble(signed(manifest.build().toByteArray()));
    }

    /** A manifest with its checksum. */
    static byte[] signed(byte[] manifest) {
        ByteBuffer bytes = ByteBuffer.allocate(manifest.length + 6).order(ByteOrder.LITTLE_ENDIAN);
        return bytes.put(manifest).put((byte) 0xC5).put((byte) 0x3E).putInt(crc(manifest)).array();
    }

    /** The file with another manifest, byte for byte. */
    byte[] assemble(byte[] manifestBytes) throws IOException {
        return assemble(manifestBytes, payloads, align);
    }

    /** A file of these parts. */
    static byte[] assemble(byte[] manifestBytes, List<byte[]> payloads, boolean align) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeString(1, "filigree");
        out.writeByteArray(2, manifestBytes);
        for (byte[] payload : payloads) {
            int header = 1 + CodedOutputStream.computeUInt32SizeNoTag(payload.length);
            int gap = (64 - (out.getTotalBytesWritten() + header) % 64) % 64;
            if (align && gap > 0) {
                out.writeByteArray(3, new byte[gap == 1 ? 63 : gap - 2]);
            }
            out.writeBytes(4, ByteString.copyFrom(payload));
        }
        out.flush();
        return bytes.toByteArray();
    }

    static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    /** Reads a file that lies in memory with every check. */
    static Model read(byte[] bytes) throws ModelFormatException {
        Source source = new Source("memory");
        return ManifestDecoder.decode(source, FileScanner.scan(source, MemorySegment.ofArray(bytes)), ModelFile.Checks.CHECKSUMS);
    }
}
