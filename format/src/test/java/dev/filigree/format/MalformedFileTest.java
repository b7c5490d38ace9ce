package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.UnknownFieldSet;
import dev.filigree.format.proto.FiligreeProto;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way of being wrong has a file here, and each is refused with its own reason in one sentence. */
class MalformedFileTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @MethodSource("dev.filigree.format.Attack#all")
    void isRefused(Attack attack) throws Exception {
        Path file = attack.file().in(folder);
        Throwable thrown = catchThrowable(() -> ModelFile.open(file).close());
        assertThat(thrown).isInstanceOf(ModelFormatException.class);
        assertThat(((ModelFormatException) thrown).refusal()).as(thrown.getMessage()).isEqualTo(attack.refusal());
        assertThat(thrown.getMessage()).startsWith(file + ": ").endsWith(".").doesNotContain("\n");
    }

    @Test
    void everyRefusalHasItsFile() {
        Map<Refusal, List<String>> names = Attack.all().collect(Collectors.groupingBy(
                Attack::refusal, () -> new EnumMap<>(Refusal.class), Collectors.mapping(Attack::name, Collectors.toList())));
        System.out.println("malformed files: " + Attack.all().count() + " for " + names.size() + " refusals");
        names.forEach((refusal, files) -> System.out.println("  " + refusal + ": " + String.join(", ", files)));
        assertThat(names).containsOnlyKeys(Refusal.values());
    }

    @Test
    void aFileCutAnywhereIsRefused() throws Exception {
        byte[] whole = Forgery.of(TestModels.small()).bytes();
        for (int length = 1; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            Throwable thrown = catchThrowable(() -> Forgery.read(cut));
            assertThat(thrown).as("first %d bytes", length).isInstanceOf(ModelFormatException.class);
            assertThat(((ModelFormatException) thrown).refusal()).as("first %d bytes", length).isEqualTo(Refusal.TRUNCATED);
        }
    }

    @Test
    void noByteCanChangeUnnoticed() throws Exception {
        byte[] file = Forgery.of(TestModels.small()).bytes();
        Forgery.read(file);
        for (int i = 0; i < file.length; i++) {
            byte flipped = (byte) (1 << i % 8);
            file[i] ^= flipped;
            assertThat(catchThrowable(() -> Forgery.read(file))).as("byte %d", i).isInstanceOf(ModelFormatException.class);
            file[i] ^= flipped;
        }
    }

    @Test
    void structureAloneDoesNotReadWeights() throws Exception {
        Forgery forgery = Forgery.of(TestModels.small());
        forgery.payload(forgery.query().getValues()).put(0, (byte) -128);
        Path file = Files.write(folder.resolve("weights"), forgery.bytes());
        ModelFile.open(file, ModelFile.Checks.STRUCTURE).close();
        assertThat(catchThrowable(() -> ModelFile.open(file).close())).isInstanceOf(ModelFormatException.class);
    }

    @Test
    void aNewerMinorVersionMayAddFieldsAndPayloads() throws Exception {
        Forgery forgery = Forgery.of(TestModels.small());
        forgery.append((byte) 1);
        UnknownFieldSet unknown = UnknownFieldSet.newBuilder()
                .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(5).build())
                .build();
        forgery.manifest.setMinor(FileLayout.MINOR + 1).setUnknownFields(unknown);
        forgery.query().setUnknownFields(unknown);
        ModelAssert.assertSame(Forgery.read(forgery.bytes()), TestModels.small());
    }

    @Test
    void aListedPatternSetIsRead() throws Exception {
        Forgery forgery = Forgery.of(TestModels.small());
        // The six patterns of 2:4, listed although they might be implied.
        int patterns = forgery.append(Attack.ints(3, 5, 6, 9, 10, 12));
        forgery.query().getSparseBuilder().setPatterns(patterns);
        ModelAssert.assertSame(Forgery.read(forgery.bytes()), TestModels.small());
        assertThat(FiligreeProto.ModelFile.parseFrom(forgery.bytes()).getPayloadCount()).isEqualTo(patterns + 1);
    }
}
