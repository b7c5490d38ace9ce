package dev.filigree.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.kernel.cuda.CudaProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What GraalVM's native-image is told of the runtime: every function that it calls, the files that it looks for, and nothing else. */
class NativeImageMetadataTest {
    private static final String METADATA = "/META-INF/native-image/dev.filigree/filigree-runtime/reachability-metadata.json";

    /** On a failure, the file should hold what is expected. */
    @Test
    void listsEveryFunctionAndFile() throws IOException {
        String functions = CudaProvider.downcalls().stream()
                .map(NativeImageMetadataTest::json)
                .collect(Collectors.joining(",\n"));
        try (InputStream metadata = NativeImageMetadataTest.class.getResourceAsStream(METADATA)) {
            assertThat(new String(metadata.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("""
                    {
                      "resources": [
                        {"glob": "META-INF/filigree/**"}
                      ],
                      "foreign": {
                        "downcalls": [
                    %s
                        ]
                      }
                    }
                    """.formatted(functions));
        }
    }

    /** The names of the types are those of {@link java.lang.foreign.Linker#canonicalLayouts} for JNI. */
    private static String json(FunctionDescriptor function) {
        return "      {\"returnType\": " + function.returnLayout().map(NativeImageMetadataTest::json).orElse("\"void\"")
                + ", \"parameterTypes\": ["
                + function.argumentLayouts().stream().map(NativeImageMetadataTest::json).collect(Collectors.joining(", ")) + "]}";
    }

    private static String json(MemoryLayout layout) {
        return switch (layout) {
            case AddressLayout _ -> "\"void*\"";
            case ValueLayout value -> "\"j" + value.carrier().getName() + "\"";
            default -> throw new AssertionError(layout + " is passed by value.");
        };
    }

    /** Whoever calls another function, loads a class by its name or looks for another file must let the metadata know. */
    @Test
    void nothingElseInTheSourcesNeedsToBeTold() throws IOException {
        List<String> dynamic = List.of("downcallHandle(", "upcallStub(", "Class.forName(", ".getResource(", "ServiceLoader.load(",
                ".getDeclaredMethod", ".getMethod", "Proxy.newProxyInstance(", ".getResourceAsStream(");
        try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
            List<String> found = files.filter(file -> file.toString().endsWith(".java"))
                    .flatMap(file -> dynamic.stream()
                            .filter(call -> read(file).contains(call))
                            .map(call -> file.getFileName() + " " + call.replaceAll("[.(]", "")))
                    .toList();
            assertThat(found).containsExactlyInAnyOrder(
                    "Driver.java downcallHandle",
                    "Natives.java getResource",
                    "FiligreeVersion.java getResourceAsStream",
                    // The application's own, which it tells of itself.
                    "ModelBuilder.java getResourceAsStream");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
