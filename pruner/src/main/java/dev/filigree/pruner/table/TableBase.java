package dev.filigree.pruner.table;

import dev.filigree.pruner.base.BaseModels;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the runs of a table start from.
 *
 * @param base name of a base model, or path of a Hugging Face folder
 * @param name of its results and models: a base model's own; of a folder, its name and eight digits that stand for what is in it, so that
 *     two folders of one name, or one whose model was exchanged, have results apart
 */
public record TableBase(String base, String name) {
    /** Digits of the digest in a name. */
    private static final int DIGITS = 8;
    private static final List<String> MODEL_FILES = List.of(".json", ".safetensors", ".txt");

    /**
     * Names a base. A folder's files are read for that.
     *
     * @throws IOException when they cannot be read
     */
    public static TableBase of(String base) throws IOException {
        Path path = Path.of(base);
        if (BaseModels.names().stream().anyMatch(base::equalsIgnoreCase) || !Files.isDirectory(path)) {
            return new TableBase(base, String.valueOf(path.getFileName()));
        }
        return new TableBase(base, path.toRealPath().getFileName() + "-" + digest(path).substring(0, DIGITS));
    }

    private static String digest(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> content = Files.list(folder)) {
            files = content.filter(file -> MODEL_FILES.stream().anyMatch(file.toString()::endsWith) && Files.isRegularFile(file)).sorted()
                    .toList();
        }
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
        for (Path file : files) {
            digest.update((file.getFileName() + " " + Files.size(file) + "\n").getBytes(StandardCharsets.UTF_8));
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
