package dev.filigree.djl;

import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.repository.SimpleRepository;
import ai.djl.repository.zoo.DefaultModelZoo;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** One packed file, or a folder with some, as DJL's loader looks at it: a model whose engine and translators are known. */
final class FiligreeRepository extends SimpleRepository {
    private final Path path;
    private final String artifactId;

    FiligreeRepository(String name, URI uri, Path path) {
        super(name, uri, path);
        this.path = path;
        artifactId = arguments.getOrDefault("artifact_id", ModelPath.name(path));
    }

    /** Even where there is nothing: loading then tells what is missing. */
    @Override
    public List<MRL> getResources() {
        return List.of(MRL.undefined(this, DefaultModelZoo.GROUP_ID, artifactId));
    }

    @Override
    public Metadata locate(MRL mrl) {
        Artifact artifact = new Artifact();
        artifact.setName(arguments.getOrDefault("model_name", artifactId));
        artifact.setFiles(Map.of());
        artifact.getArguments().put("engine", FiligreeEngine.NAME);
        artifact.getArguments().put("translatorFactory", FiligreeTranslatorFactory.class.getName());
        artifact.getArguments().putAll(arguments);
        Metadata metadata = new Metadata.MatchAllMetadata();
        metadata.setRepositoryUri(URI.create(""));
        metadata.setArtifactId(artifactId);
        metadata.setArtifacts(List.of(artifact));
        return metadata;
    }

    @Override
    public Path getResourceDirectory(Artifact artifact) {
        return path;
    }
}
