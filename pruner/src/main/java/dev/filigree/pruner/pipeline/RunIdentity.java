package dev.filigree.pruner.pipeline;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;

/** What a run's result depends on: a checkpoint is for runs of the same identity alone. */
final class RunIdentity {
    private RunIdentity() {}

    /** Settings, starting weights and data by name. */
    static Map<String, String> of(PruneSettings settings, StartingModel start, TaskData data) {
        Map<String, String> identity = new LinkedHashMap<>();
        identity.put("task", settings.task().name());
        identity.put("base", start.name());
        if (settings.prunes()) {
            identity.put("method", settings.method().toString());
        }
        identity.putAll(settings.asText());
        identity.put("base-sha256", digest(start.weights()));
        data.digests().forEach((file, digest) -> identity.put(file, digest));
        return identity;
    }

    private static String digest(Map<String, float[]> weights) {
        MessageDigest sha = DigestUtils.getSha256Digest();
        ByteBuffer chunk = ByteBuffer.allocate(1 << 16);
        new TreeMap<>(weights).forEach((name, values) -> {
            sha.update(name.getBytes(StandardCharsets.UTF_8));
            int step = chunk.capacity() / Float.BYTES;
            for (int from = 0; from < values.length; from += step) {
                int n = Math.min(step, values.length - from);
                chunk.asFloatBuffer().put(values, from, n);
                sha.update(chunk.array(), 0, n * Float.BYTES);
            }
        });
        return HexFormat.of().formatHex(sha.digest());
    }
}
