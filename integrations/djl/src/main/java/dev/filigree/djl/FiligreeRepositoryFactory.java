package dev.filigree.djl;

import ai.djl.repository.LocalRepository;
import ai.djl.repository.Metadata;
import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;
import ai.djl.repository.SimpleRepository;
import ai.djl.util.JsonUtils;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets {@code optModelPath} recognise packed files, so that neither translators nor the engine need be named. DJL knows one factory for all
 * paths, asks it before any engine, and has its own not replaced in part; for a path that is no packed file, this one therefore does
 * what DJL's (LocalRepositoryFactory in RepositoryFactoryImpl, 0.35 and 0.36) does.
 */
public final class FiligreeRepositoryFactory implements RepositoryFactory {
    private static final Logger LOG = LoggerFactory.getLogger(FiligreeRepositoryFactory.class);

    @Override
    public Set<String> getSupportedScheme() {
        return Set.of("file");
    }

    @Override
    public Repository newInstance(String name, URI uri) {
        Path path = path(uri);
        if (ModelPath.holdsModel(path)) {
            return new FiligreeRepository(name, uri, path);
        }
        return isModelZoo(path) ? new LocalRepository(name, path.toUri(), path) { } : new SimpleRepository(name, uri, path) { };
    }

    /** As DJL reads such addresses: their queries are arguments, and {@code file:model} is a relative path. */
    private static Path path(URI uri) {
        String path = Optional.ofNullable(uri.getPath()).orElseGet(uri::getSchemeSpecificPart);
        boolean drive = path.startsWith("/") && System.getProperty("os.name").startsWith("Win");
        return Path.of(drive ? path.substring(1) : path);
    }

    /** Whether some folder below has metadata of DJL's. */
    private static boolean isModelZoo(Path folder) {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.anyMatch(file -> !folder.equals(file.getParent()) && file.endsWith("metadata.json")
                    && Files.isRegularFile(file) && isMetadata(file));
        } catch (IOException e) {
            LOG.warn("{} cannot be searched for metadata.json.", folder, e);
            return false;
        }
    }

    private static boolean isMetadata(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            Metadata metadata = JsonUtils.GSON.fromJson(reader, Metadata.class);
            return metadata.getMetadataVersion() != null && metadata.getArtifacts() != null;
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} is no metadata of DJL's.", file, e);
            return false;
        }
    }
}
