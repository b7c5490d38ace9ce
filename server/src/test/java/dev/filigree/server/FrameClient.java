package dev.filigree.server;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Speaks HTTP/2 a frame at a time, right or wrong. A read fails after ten seconds. */
final class FrameClient implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;
    static final int PADDED = 8;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_READ_MILLIS = 10_000;

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final DataOutputStream out;

    /** A frame that came. */
    record Frame(int type, int flags, int stream, byte[] payload) {
        /** The error code of RST_STREAM or GOAWAY. */
        int error() {
            int from = type == GOAWAY ? Integer.BYTES : 0;
            return Unpooled.wrappedBuffer(payload).getInt(from);
        }
    }

    /** Connects and says nothing. */
    FrameClient(InetSocketAddress address) throws IOException {
        socket.setSoTimeout(LONGEST_READ_MILLIS);
        socket.connect(address);
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
    }

    /** Connects and exchanges settings. */
    static FrameClient greeted(InetSocketAddress address) throws IOException {
        FrameClient client = new FrameClient(address);
        client.raw(PREFACE).frame(SETTINGS, 0, 0);
        while (client.read().orElseThrow().type() != SETTINGS) { }
        return client.frame(SETTINGS, ACK, 0);
    }

    FrameClient raw(byte[] bytes) throws IOException {
        out.write(bytes);
        return this;
    }

    FrameClient frame(int type, int flags, int stream, int... payload) throws IOException {
        byte[] bytes = new byte[payload.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) payload[i];
        }
        return frame(type, flags, stream, bytes);
    }

    FrameClient frame(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream frame = new DataOutputStream(bytes);
        frame.writeByte(payload.length >> 16);
        frame.writeShort(payload.length);
        frame.writeByte(type);
        frame.writeByte(flags);
        frame.writeInt(stream);
        frame.write(payload);
        return raw(bytes.toByteArray());
    }


    /** A header block of literal fields without indexing (RFC 7541, 6.2.2), whatever their names. */
    static byte[] literals(String... namesAndValues) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            block.write(0);
            for (String text : new String[] {namesAndValues[i], namesAndValues[i + 1]}) {
                block.write(text.length());
                block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
            }
        }
        return block.toByteArray();
    }

    /** The next frame; none when the server has closed. */
    Optional<Frame> read() throws IOException {
        try {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            byte[] payload = new byte[length];
            in.readFully(payload);
            return Optional.of(new Frame(type, flags, stream, payload));
        } catch (EOFException | SocketException e) {
            return Optional.empty();
        }
    }

    /** The next frame of a type, those before it left out; none when the server has closed before. */
    Optional<Frame> read(int type) throws IOException {
        Optional<Frame> frame = read();
        while (frame.isPresent() && frame.get().type() != type) {
            frame = read();
        }
        return frame;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
