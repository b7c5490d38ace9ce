package dev.filigree.tests.load.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.runtime.TextInput;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** Requests as the bytes that go over the wire, written once so that sending costs nothing but the sending. Immutable and thread-safe. */
public final class Requests {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<ByteBuf> encoded;

    private Requests(List<ByteBuf> encoded) {
        this.encoded = encoded;
    }

    /** A request for each input, at least one. */
    public static Requests classify(InetSocketAddress target, List<TextInput> inputs) {
        if (inputs.isEmpty()) {
            throw new IllegalArgumentException("There is nothing to ask.");
        }
        return new Requests(inputs.stream().map(input -> encode(post(target, body(List.of(input))))).toList());
    }

    /** A request that computes nothing. */
    public static Requests health(InetSocketAddress target) {
        return new Requests(List.of(encode(
                ("GET /health/live HTTP/1.1\r\nHost: " + host(target) + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII))));
    }

    /** {@code {"inputs": […]}} as {@code POST /v1/classify} takes it, pairs as arrays of two. */
    public static byte[] body(List<TextInput> inputs) {
        List<Object> fields = inputs.stream()
                .<Object>map(input -> input.second().isPresent() ? List.of(input.first(), input.second().get()) : input.first())
                .toList();
        try {
            return JSON.writeValueAsBytes(Map.of("inputs", fields));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A text cannot be written as JSON.", e);
        }
    }

    /** A whole {@code POST /v1/classify}, with further header lines. */
    public static byte[] post(InetSocketAddress target, byte[] body, String... headers) {
        StringBuilder head = new StringBuilder("POST /v1/classify HTTP/1.1\r\nHost: ").append(host(target))
                .append("\r\nContent-Type: application/json\r\nContent-Length: ").append(body.length).append("\r\n");
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
        byte[] whole = new byte[start.length + body.length];
        System.arraycopy(start, 0, whole, 0, start.length);
        System.arraycopy(body, 0, whole, start.length, body.length);
        return whole;
    }

    private static String host(InetSocketAddress target) {
        return target.getHostString() + ":" + target.getPort();
    }

    private static ByteBuf encode(byte[] request) {
        return Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(request.length).put(request).flip()));
    }

    /** Draws requests at random, for one thread; each is to be written once. */
    Supplier<ByteBuf> draw(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return () -> encoded.get(random.nextInt(encoded.size())).duplicate();
    }
}
