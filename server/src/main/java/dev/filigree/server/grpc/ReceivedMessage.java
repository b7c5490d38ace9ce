package dev.filigree.server.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A message as it was received. gRPC would read it on the event loop, however long it is, and take one that cannot be read for a fault of
 * the server; so it is read later, by whoever calls {@link #read}.
 *
 * @param <Q> what it is a message of
 */
final class ReceivedMessage<Q> {
    private final MethodDescriptor.Marshaller<Q> marshaller;
    private final byte[] bytes;
    private final Status status;

    private ReceivedMessage(MethodDescriptor.Marshaller<Q> marshaller, byte[] bytes, Status status) {
        this.marshaller = marshaller;
        this.bytes = bytes;
        this.status = status;
    }

    /** Its length in bytes. */
    int length() {
        return bytes.length;
    }

    /**
     * What it says.
     *
     * @throws StatusRuntimeException when it is too long once unpacked, or is no such message
     */
    Q read() {
        if (!status.isOk()) {
            throw status.asRuntimeException();
        }
        try {
            return marshaller.parse(new ByteArrayInputStream(bytes));
        } catch (StatusRuntimeException e) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("The message is not of the type that this method takes: " + e.getCause().getMessage())
                    .asRuntimeException();
        }
    }

    /** Receives messages, to be read by another marshaller. */
    record Receiver<Q>(MethodDescriptor.Marshaller<Q> reader) implements MethodDescriptor.Marshaller<ReceivedMessage<Q>> {
        @Override
        public InputStream stream(ReceivedMessage<Q> value) {
            return new ByteArrayInputStream(value.bytes);
        }

        @Override
        public ReceivedMessage<Q> parse(InputStream stream) {
            try {
                return new ReceivedMessage<>(reader, stream.readAllBytes(), Status.OK);
            } catch (StatusRuntimeException e) {
                // Compressed, and too long when it is not.
                return new ReceivedMessage<>(reader, new byte[0], e.getStatus());
            } catch (IOException e) {
                return new ReceivedMessage<>(reader, new byte[0], Status.INVALID_ARGUMENT.withDescription(
                        "The message cannot be unpacked: " + e.getMessage() + "."));
            }
        }
    }
}
