package dev.filigree.pruner.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Fetching on first use, with a script in Maven's place. */
class MavenArtifactTest {
    /** Of the five bytes "model". */
    private static final String SHA_256 = "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4";
    private static final MavenArtifact ARTIFACT = new MavenArtifact("tiny", "org.example", "tiny-model", "1.2", 3, SHA_256);

    @TempDir
    Path folder;

    private Path repository;

    @BeforeEach
    void makeRepository() {
        repository = folder.resolve("repository");
    }

    @Test
    void whatIsThereIsUsedWithoutMaven() throws IOException {
        Path jar = ARTIFACT.in(repository);
        assertThat(jar).isEqualTo(repository.resolve("org/example/tiny-model/1.2/tiny-model-1.2.jar"));
        Files.createDirectories(jar.getParent());
        Files.writeString(jar, "model");
        assertThat(ARTIFACT.get(repository, "/no/such/maven")).isEqualTo(jar);
    }

    @Test
    void whatIsMissingIsFetchedOnceIntoTheLocalRepository() throws IOException {
        Path jar = ARTIFACT.in(repository);
        String maven = script("echo \"$@\" >> " + folder + "/calls; mkdir -p " + jar.getParent() + "; printf model > " + jar);
        assertThat(ARTIFACT.get(repository, maven)).isEqualTo(jar);
        assertThat(ARTIFACT.get(repository, maven)).isEqualTo(jar);
        assertThat(Files.readAllLines(folder.resolve("calls"))).singleElement().asString()
                .contains(":get ", "-Dartifact=org.example:tiny-model:1.2", "-Dtransitive=false", "-Dmaven.repo.local=" + repository);
    }

    @Test
    void offlineItSaysWhatToDo() throws IOException {
        String where = "tiny-model-1.2.pom from central ".repeat(5);
        String maven = script(
                "echo '[WARNING] slow'; echo '[ERROR] '; echo '[ERROR] " + where + ": no route to host -> [Help 1]'; exit 1");
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> ARTIFACT.get(repository, maven))
                .withMessageStartingWith("tiny (3 MB, org.example:tiny-model:1.2) could not be fetched through Maven (…")
                .withMessageEndingWith("from central : no route to host): connect to the internet and run the command again, "
                        + "or copy the jar to " + ARTIFACT.in(repository) + ".")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(where));
        assertThat(ARTIFACT.in(repository)).doesNotExist();
    }

    /** A download may take minutes, in which it says nothing. */
    @Test
    @Timeout(60)
    void anInterruptEndsTheWaitForMaven() throws IOException {
        String maven = script("mkfifo " + folder + "/pipe; exec cat " + folder + "/pipe");
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> ARTIFACT.get(repository, maven))
                .withMessage("Fetching tiny was stopped.");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void withoutMavenItSaysSo() {
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> ARTIFACT.get(repository, folder.resolve("none").toString()))
                .withMessageContaining("install Maven and put mvn on the PATH");
    }

    @Test
    void anotherFileIsNotTakenForTheModel() throws IOException {
        Path jar = ARTIFACT.in(repository);
        Files.createDirectories(jar.getParent());
        Files.writeString(jar, "mode");
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> ARTIFACT.get(repository, "/no/such/maven"))
                .withMessageContaining("is not the tiny that this version knows")
                .withMessageEndingWith("delete it and run the command again.");
    }

    private String script(String body) throws IOException {
        Path script = Files.writeString(folder.resolve("mvn"), "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script.toString();
    }
}
