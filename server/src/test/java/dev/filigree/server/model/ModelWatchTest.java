package dev.filigree.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is made of files that come, change and go. A file is its task's name, and "bad" is refused. */
@Timeout(60)
class ModelWatchTest {
    @TempDir
    private Path root;

    private Path folder;
    private final List<StubModel> loaded = new CopyOnWriteArrayList<>();
    private final List<Path> asked = new CopyOnWriteArrayList<>();
    private Optional<ModelRegistry> open = Optional.empty();
    /** Rises with each file that is written, so that none looks like another because the clock is coarse. */
    private int second;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectory(root.resolve("models"));
    }

    @AfterEach
    void everyModelIsClosedInTheEnd() {
        open.ifPresent(ModelRegistry::close);
        assertThat(loaded).allMatch(StubModel::isClosed);
    }

    private ModelRegistry open(Map<String, Path> named, Duration watch) throws IOException {
        ModelRegistry registry =
                ModelRegistry.open(new ModelSettings(named, Optional.of(folder), watch, "auto", 1, 0), (file, _) -> {
                    asked.add(file);
                    String task = Files.readString(file);
                    if (task.equals("bad")) {
                        throw new IOException(file + ": this is bad.");
                    }
                    StubModel model = new StubModel(task);
                    loaded.add(model);
                    return model;
                });
        open = Optional.of(registry);
        return registry;
    }

    private ModelRegistry open() throws IOException {
        return open(Map.of(), Duration.ZERO);
    }

    private ModelWatch watch(ModelRegistry registry) {
        return new ModelWatch(registry, Map.of(), Optional.of(folder));
    }

    private Path write(Path file, String task) throws IOException {
        Files.writeString(file, task);
        return Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH.plusSeconds(++second)));
    }

    private Path write(String name, String task) throws IOException {
        return write(folder.resolve(name + ".filigree"), task);
    }

    private static void look(ModelWatch watch, int times) {
        for (int i = 0; i < times; i++) {
            watch.look();
        }
    }

    @Test
    void everyFileOfTheFolderIsServedUnderItsName() throws Exception {
        write("b", "two");
        write("a.v1", "one");
        Files.writeString(folder.resolve(".hidden.filigree"), "bad");
        Files.writeString(folder.resolve("notes.txt"), "bad");
        Files.createDirectory(folder.resolve("folder.filigree"));
        ModelRegistry registry = open();
        assertThat(registry.names()).containsExactly("a.v1", "b");
        assertThat(registry.facts("a.v1").task()).isEqualTo("one");
        look(watch(registry), 3);
        assertThat(asked).hasSize(2);
    }

    @Test
    void aNewFileIsServedWhenTwoLooksSeeTheSame() throws Exception {
        write("a", "one");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        watch.look();
        write("b", "two");
        watch.look();
        assertThat(registry.names()).containsExactly("a");
        watch.look();
        assertThat(registry.names()).containsExactly("a", "b");
        look(watch, 3);
        assertThat(asked).hasSize(2);
    }

    @Test
    void aHalfWrittenFileIsLeftAlone() throws Exception {
        write("a", "one");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        for (String soFar : List.of("b", "ba", "bad", "bad n", "bad no", "bad no more")) {
            write("a", soFar);
            watch.look();
        }
        assertThat(asked).hasSize(1);
        // As long as before and written again: only the time tells.
        write("a", "bad no moRE");
        watch.look();
        assertThat(asked).hasSize(1);
        watch.look();
        assertThat(registry.facts("a").task()).isEqualTo("bad no moRE");
    }

    @Test
    void aRenameOverTheFileCountsAsAChange() throws Exception {
        Path file = write("a", "one");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        Path next = write(root.resolve("next"), "two");
        // As the old one to all appearances but its inode.
        Files.setLastModifiedTime(next, Files.getLastModifiedTime(file));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        look(watch, 2);
        assertThat(registry.facts("a").task()).isEqualTo("two");
    }

    @Test
    void aLinkThatPointsElsewhereCountsAsAChange() throws Exception {
        // As Kubernetes lays out a volume: model -> ..data/model, ..data -> ..first, which is swapped by a rename.
        for (String version : List.of("first", "second")) {
            write(Files.createDirectory(folder.resolve(".." + version)).resolve("a.filigree"), version);
        }
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("..first"));
        Files.createSymbolicLink(folder.resolve("a.filigree"), Path.of("..data", "a.filigree"));
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        assertThat(registry.facts("a").task()).isEqualTo("first");
        Files.createSymbolicLink(folder.resolve("..tmp"), Path.of("..second"));
        Files.move(folder.resolve("..tmp"), folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
        look(watch, 2);
        assertThat(registry.facts("a").task()).isEqualTo("second");
        assertThat(asked).hasSize(2);
    }

    @Test
    void aBadFileIsTriedOnceAndTheOldOneServesOnUntilItIsMended() throws Exception {
        write("a", "one");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        write("a", "bad");
        look(watch, 5);
        assertThat(asked).hasSize(2);
        assertThat(registry.facts("a").task()).isEqualTo("one");
        assertThat(registry.find("a").orElseThrow().lastError().orElseThrow()).endsWith("a.filigree: this is bad.");
        write("a", "two");
        look(watch, 2);
        assertThat(registry.find("a").orElseThrow().lastError()).isEmpty();
        assertThat(registry.facts("a").task()).isEqualTo("two");
    }

    @Test
    void aNewBadFileIsListedAndNotServed() throws Exception {
        write("a", "one");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        write("b", "bad");
        look(watch, 2);
        assertThat(registry.find("b").orElseThrow().state()).isEqualTo(ModelState.FAILED);
        assertThatThrownBy(() -> registry.acquire(Optional.of("b")))
                .hasMessageContaining("'b' is not loaded: ").hasMessageEndingWith("bad.");
        assertThat(registry.isReady("b")).isFalse();
        ModelLease only = registry.acquire(Optional.empty());
        assertThat(only.name()).isEqualTo("a");
        only.release();
        Files.delete(folder.resolve("b.filigree"));
        look(watch, 2);
        assertThat(registry.find("b")).isEmpty();
    }

    @Test
    void aReloadThatWasAskedForIsNotDoneAgain() throws Exception {
        write("a", "one");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        write("a", "two");
        watch.look();
        registry.reload("a").get();
        look(watch, 3);
        assertThat(asked).hasSize(2);
    }

    @Test
    void aRemovedFileIsServedNoMoreOnceItIsMissingTwice() throws Exception {
        write("a", "one");
        Path b = write("b", "two");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        watch.look();
        ModelLease underWay = registry.acquire(Optional.of("b"));
        Files.delete(b);
        watch.look();
        assertThat(registry.names()).containsExactly("a", "b");
        watch.look();
        assertThat(registry.names()).containsExactly("a");
        assertThatThrownBy(() -> registry.acquire(Optional.of("b"))).hasMessage("There is no model 'b': served are a.");
        assertThat(loaded.get(1).isClosed()).isFalse();
        underWay.release();
        loaded.get(1).closed.await();
        write("b", "three");
        look(watch, 2);
        assertThat(registry.facts("b").task()).isEqualTo("three");
    }

    @Test
    void aFileThatTheFirstLookMissesHasAnother() throws Exception {
        write("a", "one");
        Path b = write("b", "two");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        Files.delete(b);
        watch.look();
        assertThat(registry.names()).containsExactly("a", "b");
        watch.look();
        assertThat(registry.names()).containsExactly("a");
    }

    @Test
    void aFileIsNotMissedWhereTheFolderCannotBeSeen() throws Exception {
        write("a", "one");
        Path b = write("b", "two");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        watch.look();
        Path elsewhere = root.resolve("elsewhere");
        Files.move(folder, elsewhere);
        watch.look();
        Files.createDirectory(folder);
        watch.look();
        // A volume that is filled again, a file at a time.
        write("a", "one");
        watch.look();
        assertThat(registry.names()).as("missed once").containsExactly("a", "b");
        Files.move(elsewhere.resolve("b.filigree"), b);
        watch.look();
        Files.delete(b);
        watch.look();
        assertThat(registry.names()).as("missed once again").containsExactly("a", "b");
        watch.look();
        assertThat(registry.names()).containsExactly("a");
    }

    @Test
    void theLastModelOfAFolderIsKept() throws Exception {
        Path a = write("a", "one");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        watch.look();
        Files.delete(a);
        look(watch, 3);
        assertThat(registry.isReady("a")).isTrue();
        write("a", "two");
        look(watch, 2);
        assertThat(registry.facts("a").task()).isEqualTo("two");
    }

    @Test
    void aFolderThatCannotBeListedChangesNothing() throws Exception {
        write("a", "one");
        write("b", "two");
        ModelRegistry registry = open();
        ModelWatch watch = watch(registry);
        watch.look();
        Files.move(folder, root.resolve("elsewhere"));
        look(watch, 3);
        assertThat(registry.names()).containsExactly("a", "b");
        Files.move(root.resolve("elsewhere"), folder);
        look(watch, 3);
        assertThat(asked).hasSize(2);
    }

    @Test
    void aNamedFileIsWatchedAndKeptWhenItIsGone() throws Exception {
        Path file = write(root.resolve("named"), "one");
        write("b", "two");
        ModelRegistry registry = open(Map.of("a", file), Duration.ZERO);
        ModelWatch watch = new ModelWatch(registry, Map.of("a", file), Optional.of(folder));
        write(file, "three");
        look(watch, 2);
        assertThat(registry.facts("a").task()).isEqualTo("three");
        Files.delete(file);
        look(watch, 3);
        assertThat(registry.names()).containsExactly("a", "b");
    }

    @Test
    void nameCollisions() throws Exception {
        Path file = write(root.resolve("named"), "one");
        write("a", "two");
        assertThatThrownBy(() -> open(Map.of("a", file), Duration.ZERO))
                .isInstanceOf(IOException.class).hasMessageStartingWith("Two models are named 'a': " + file + " and ");
        assertThat(asked).isEmpty();
        Files.delete(folder.resolve("a.filigree"));
        ModelRegistry registry = open(Map.of("a", file), Duration.ZERO);
        ModelWatch watch = new ModelWatch(registry, Map.of("a", file), Optional.of(folder));
        write("a", "three");
        write("not a name", "four");
        look(watch, 3);
        assertThat(registry.names()).containsExactly("a");
        assertThat(registry.facts("a").task()).isEqualTo("one");
    }

    @Test
    void aStartWithoutAModelOrWithABadNameSaysSo() throws Exception {
        assertThatThrownBy(this::open).isInstanceOf(IOException.class)
                .hasMessage("There is no model to serve: no *.filigree lies in " + folder + ".");
        write("not a name", "one");
        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class).hasMessageContaining("not a name.filigree: a model's name consists");
        folder = root.resolve("none");
        assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining("none cannot be listed");
    }

    @Test
    void looksComeByThemselves() throws Exception {
        write("a", "one");
        ModelRegistry registry = open(Map.of(), Duration.ofMillis(1));
        write("a", "two");
        while (!registry.facts("a").task().equals("two")) {
            Thread.onSpinWait();
        }
        loaded.getFirst().closed.await();
    }
}
