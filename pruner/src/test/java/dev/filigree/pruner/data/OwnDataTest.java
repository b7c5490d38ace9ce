package dev.filigree.pruner.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OwnDataTest {
    private static final Columns COLUMNS = new Columns("text", Optional.empty(), "label");
    private static final Columns PAIRS = new Columns("question", Optional.of("answer"), "fits");

    @TempDir
    Path folder;

    @Test
    void csvHasQuotesAndLineBreaksInThem() throws IOException {
        Path file = write("a.csv", "id,text,label\r\n1,\"Hello, \"\"you\"\"\nthere\",greeting\r\n2, padded ,other\r\n");
        OwnData data = OwnData.of("tone", file, Optional.of(file), COLUMNS, false);
        assertThat(data.task().labels()).containsExactly("greeting", "other");
        assertThat(data.train().examples()).containsExactly(
                new Example("Hello, \"you\"\nthere", Optional.empty(), 0), new Example(" padded ", Optional.empty(), 1));
        assertThat(data.train().name()).isEqualTo("a.csv");
        assertThat(data.train().isPart()).isFalse();
    }

    @Test
    void tsvHasNone() throws IOException {
        Path file = write("a.tsv", "label\ttext\nb\t\"quoted\na\t  x y \n");
        assertThat(OwnData.of("t", file, Optional.of(file), COLUMNS, false).train().examples())
                .extracting(Example::first).containsExactly("\"quoted", "  x y ");
    }

    @ParameterizedTest
    @ValueSource(strings = {",text,label;0,x,b;1,y,a;", ",,text,label,more,more;0,0,x,b,p,q;1,1,y,a,p,q;"})
    void columnsThatNobodyAsksForNeedNoNameOfTheirOwn(String content) throws IOException {
        List<Example> expected = List.of(new Example("x", Optional.empty(), 1), new Example("y", Optional.empty(), 0));
        Path csv = write("a.csv", content.replace(';', '\n'));
        assertThat(OwnData.of("t", csv, Optional.of(csv), COLUMNS, false).train().examples()).isEqualTo(expected);
        Path tsv = write("a.tsv", content.replace(';', '\n').replace(',', '\t'));
        assertThat(OwnData.of("t", tsv, Optional.of(tsv), COLUMNS, false).train().examples()).isEqualTo(expected);
    }

    @Test
    void jsonLinesHaveFieldsOfAnyOrder() throws IOException {
        Path file = write("a.jsonl", """
                {"question": "Why?", "answer": "So.", "fits": true}

                {"fits": false, "more": [1], "answer": "\\u00e9", "question": ""}
                """);
        OwnData data = OwnData.of("qa", file, Optional.of(file), PAIRS, false);
        assertThat(data.task().pairs()).isTrue();
        assertThat(data.task().labels()).containsExactly("false", "true");
        assertThat(data.train().examples())
                .containsExactly(new Example("Why?", Optional.of("So."), 1), new Example("", Optional.of("\u00e9"), 0));
    }

    @Test
    void gzipAndAByteOrderMarkAreTakenOff() throws IOException {
        Path plain = write("a.csv", "\uFEFFtext,label\nx,1\ny,0\n");
        Path packed = folder.resolve("b.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            Files.copy(plain, out);
        }
        ExampleFile read = OwnData.of("t", packed, Optional.of(plain), COLUMNS, false).train();
        assertThat(read.examples()).isEqualTo(OwnData.of("t", plain, Optional.of(plain), COLUMNS, false).train().examples());
        assertThat(read.stem()).isEqualTo("b");
        assertThat(read.sha256()).hasSize(64);
    }

    @Test
    void numbersAreOrderedAsNumbers() throws IOException {
        Path file = write("a.csv", "text,label\nx,10\ny,9\nz,-1\n");
        assertThat(OwnData.of("t", file, Optional.of(file), COLUMNS, false).task().labels()).containsExactly("-1", "9", "10");
    }

    @Test
    void aTenthIsHeldOutWhereNothingIsGivenToJudgeBy() throws IOException {
        Path file = write("a.csv", "text,label\n" + IntStream.range(0, 57).mapToObj(i -> "text " + i + "," + i % 3 + "\n")
                .collect(Collectors.joining()));
        OwnData data = OwnData.of("t", file, Optional.empty(), COLUMNS, false);
        List<Example> held = data.dev().getFirst().file().examples();
        assertThat(held).hasSize(5);
        assertThat(data.train().examples()).hasSize(52).doesNotContainAnyElementsOf(held);
        assertThat(data.dev().getFirst().file().name()).isEqualTo("a.csv (held out)");
        assertThat(OwnData.of("t", file, Optional.empty(), COLUMNS, false).train().examples()).isEqualTo(data.train().examples());
    }

    @Test
    void labelsAreScoredByAccuracyAndMacroF1() throws IOException {
        Path file = write("a.csv", "text,label\na,x\nb,x\nc,y\nd,z\n");
        TaskScore score = OwnData.of("t", file, Optional.of(file), COLUMNS, false).dev().getFirst().metric()
                .score(new float[] {0, 1, 1, 1}, new float[] {0, 0, 1, 2});
        assertThat(score.main()).isEqualTo(0.5);
        // F1 of x is 2/3, of y 2/4, of z 0.
        assertThat(score.values().get("macro_f1")).isCloseTo((2.0 / 3 + 0.5) / 3, within(1e-12));
    }

    @Test
    void scoresAreScoredByCorrelation() throws IOException {
        Path file = write("a.csv", "text,label\na,-1.5\nb,2e1\nc,0.25\n");
        OwnData data = OwnData.of("t", file, Optional.of(file), COLUMNS, true);
        assertThat(data.task().regression()).isTrue();
        assertThat(data.train().targets()).containsExactly(-1.5f, 20, 0.25f);
        TaskScore score = data.dev().getFirst().metric().score(new float[] {1, 2, 1.5f}, data.train().targets());
        assertThat(score.values().get("spearman")).isEqualTo(1);
        assertThat(score.values()).containsOnlyKeys("pearson", "spearman");
    }

    @Test
    void aKnownTaskKeepsTheOrderOfItsLabels() throws IOException {
        Path file = write("a.csv", "text,label\na,y\nb,x\n");
        OwnData known = OwnData.of("t", file, Optional.of(file), COLUMNS, false);
        Path dev = write("dev.csv", "text,label\nc,y\n");
        assertThat(OwnData.judging(known.task(), dev, COLUMNS).dev().getFirst().file().targets()).containsExactly(1);
        assertThatThrownBy(() -> OwnData.judging(known.task(), dev, COLUMNS).train()).isInstanceOf(MissingDataException.class);
    }

    /** Records of a run name files and columns: two files of one name must not be one, nor two ways to read a file. */
    @Test
    void whatIsReadIsToldApart() throws IOException {
        Path train = write("a.csv", "text,more,label\nx,p,1\ny,q,0\n");
        Path dev = Files.writeString(Files.createDirectory(folder.resolve("dev")).resolve("a.csv"), "text,more,label\nz,r,1\n");
        OwnData data = OwnData.of("t", train, Optional.of(dev), COLUMNS, false);
        assertThat(data.train().name()).isEqualTo("a.csv");
        assertThat(data.dev().getFirst().file().name()).isEqualTo("a.csv (dev)");
        OwnData other = OwnData.of("t", train, Optional.of(dev), new Columns("more", Optional.empty(), "label"), false);
        assertThat(other.asText()).isNotEqualTo(data.asText())
                .containsEntry("text-column", "more").containsEntry("label-column", "label").containsEntry("scores", "false");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "a.txt   | text                                      | must end with .csv, .tsv or .jsonl",
        "a.csv   | ``                                        | is empty",
        "a.csv   | `text,label`                              | holds no examples",
        "a.csv   | `words,label;x,1`                         | has no column 'text', only words, label",
        "a.csv   | `,words;0,x`                              | has no column 'text', only (no name), words",
        "a.csv   | `text,label,text;x,1,y`                   | has more than one column 'text'",
        "a.csv   | `text,label;x,1;y`                        | row 2, has 1 columns where the header has 2",
        "a.csv   | `text,label;x,1;y, `                      | row 2, has no label",
        "a.csv   | `text,label;x,1;y,1`                      | only the label '1'",
        "a.csv   | `text,label;x,1;\"y,0`                    | cannot be read as a table",
        "a.jsonl | `{\"text\": \"x\", \"label\": \"a\"};{`    | line 2, is no JSON",
        "a.jsonl | `{\"text\": 7, \"label\": \"a\"}`          | line 1, has no field 'text' with a text, but number",
        "a.jsonl | `{\"text\": \"x\"}`                       | line 1, has no field 'label'",
        "a.csv.gz | `text,label;x,1`                         | is no gzip file",
    })
    void whatIsWrongIsSaidWithItsPlace(String name, String content, String message) throws IOException {
        Path file = write(name, content.replace(';', '\n'));
        assertThatThrownBy(() -> OwnData.of("t", file, Optional.of(file), COLUMNS, false))
                .isInstanceOf(MalformedDataException.class)
                .hasMessageContaining(file.getFileName().toString())
                .hasMessageContaining(message);
    }

    @Test
    void otherLabelsAreNotTakenForKnownOnes() throws IOException {
        Path train = write("a.csv", "text,label\nx,1\ny,0\n");
        Path dev = write("b.csv", "text,label\nx,1\ny,2\n");
        assertThatThrownBy(() -> OwnData.of("t", train, Optional.of(dev), COLUMNS, false))
                .isInstanceOf(MalformedDataException.class)
                .hasMessageEndingWith("b.csv, row 2, has the label '2', which is none of 0, 1.");
        assertThatThrownBy(() -> OwnData.of("t", write("c.csv", "text,label\nx,nan\n"), Optional.of(dev), COLUMNS, true))
                .hasMessageContaining("has 'nan' where a score is needed");
        Path many = write("d.csv", "text,label\n" + IntStream.rangeClosed(0, OwnData.MAX_LABELS).mapToObj(i -> "x," + i + ".5\n")
                .collect(Collectors.joining()));
        assertThatThrownBy(() -> OwnData.of("t", many, Optional.of(dev), COLUMNS, false)).hasMessageContaining("1001 different labels");
    }

    @Test
    void otherEncodingsAndMissingFilesAreSaidToBeSo() throws IOException {
        Path latin = folder.resolve("latin.csv");
        Files.write(latin, "text,label\n\u00e9,1\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> OwnData.of("t", latin, Optional.empty(), COLUMNS, false))
                .isInstanceOf(MalformedDataException.class).hasMessageContaining("not in UTF-8");
        assertThatThrownBy(() -> OwnData.of("t", folder.resolve("none.csv"), Optional.empty(), COLUMNS, false))
                .isInstanceOf(MissingDataException.class).hasMessageContaining("none.csv");
        Path few = write("few.csv", "text,label\nx,1\ny,0\n");
        assertThatThrownBy(() -> OwnData.of("t", few, Optional.empty(), COLUMNS, false)).hasMessageContaining("too few rows");
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }
}
