package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The page on embedding shows nothing that is not run: its code stands, line by line, in a file of the examples, which the build runs. */
class EmbeddingPageTest {
    private static final Path EXAMPLES = Path.of("..", "examples");
    private static final Pattern FENCED = Pattern.compile("^```(\\w+)\\n(.*?)\\n```$", Pattern.MULTILINE | Pattern.DOTALL);
    /** What is typed or printed; all else is code. */
    private static final Set<String> NO_CODE = Set.of("sh", "text");

    /** A fenced block, named by its first line. */
    private record Block(String code) {
        @Override
        public String toString() {
            return code.lines().findFirst().orElseThrow();
        }
    }

    private static String page() throws IOException {
        return Files.readString(Path.of("..", "docs", "embedding.md"));
    }

    static List<Block> blocks() throws IOException {
        return FENCED.matcher(page()).results()
                .filter(block -> !NO_CODE.contains(block.group(1)))
                .map(block -> new Block(block.group(2).stripIndent()))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void codeIsTakenFromAnExample(Block block) throws IOException {
        try (Stream<Path> files = exampleFiles()) {
            assertThat(files.anyMatch(file -> contains(file, block.code())))
                    .as("Some file of examples/ has these lines, one after the other, indented alike:%n%s", block.code())
                    .isTrue();
        }
    }

    @Test
    void everyExampleIsOnThePage() throws IOException {
        String page = page();
        try (Stream<Path> folders = Files.list(EXAMPLES)) {
            assertThat(folders.filter(folder -> Files.exists(folder.resolve("pom.xml"))).map(folder -> folder.getFileName().toString()))
                    .isNotEmpty()
                    .allSatisfy(name -> assertThat(page).contains("(../examples/" + name + ")"));
        }
    }

    private static Stream<Path> exampleFiles() throws IOException {
        return Files.walk(EXAMPLES)
                .filter(Files::isRegularFile)
                .filter(file -> Stream.of("java", "xml", "yaml", "yml", "properties").anyMatch(end -> file.toString().endsWith("." + end)))
                .filter(file -> IntStream.range(0, file.getNameCount()).noneMatch(i -> file.getName(i).toString().equals("target")));
    }

    private static boolean contains(Path file, String code) {
        try {
            List<String> lines = Files.readAllLines(file);
            int length = Math.toIntExact(code.lines().count());
            return IntStream.rangeClosed(0, lines.size() - length)
                    .anyMatch(from -> String.join("\n", lines.subList(from, from + length)).stripIndent().equals(code));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
