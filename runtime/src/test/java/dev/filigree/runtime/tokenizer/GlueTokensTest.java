package dev.filigree.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.util.PairList;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** The tokens of GLUE's sentences and pairs equal those of Hugging Face's Rust tokenizer. */
class GlueTokensTest {
    private static final int MAX_TOKENS = 128;
    private static final int BATCH = 512;
    /** About so many texts and pairs are compared, evenly from every file's start; {@code -Dfiligree.glue.texts=2000000000} takes all. */
    private static final int TEXTS = Integer.getInteger("filigree.glue.texts", 30_000);
    private static final Map<String, List<String>> TEXT_COLUMNS = Map.of(
            "SST-2", List.of("sentence"),
            "MRPC", List.of("#1 String", "#2 String"),
            "QQP", List.of("question1", "question2"),
            "STS-B", List.of("sentence1", "sentence2"),
            "MNLI", List.of("sentence1", "sentence2"),
            "QNLI", List.of("question", "sentence"),
            "RTE", List.of("sentence1", "sentence2"),
            "WNLI", List.of("sentence1", "sentence2"));
    /** CoLA has no header; its sentence is the fourth column. */
    private static final int[] COLA_COLUMNS = {3};

    @Test
    void everySentenceAndPair() throws IOException {
        String folder = System.getenv("FILIGREE_GLUE");
        assumeTrue(folder != null, "Skipped: FILIGREE_GLUE is not set to a folder with the GLUE files.");
        List<Path> files;
        try (Stream<Path> found = Files.walk(Path.of(folder))) {
            files = found.filter(file -> file.toString().endsWith(".tsv") || file.toString().endsWith(".tsv.gz")).sorted().toList();
        }
        assertThat(files).isNotEmpty();
        int compared = 0;
        List<String> differences = new ArrayList<>();
        try (HuggingFace both = HuggingFace.miniLm(MAX_TOKENS)) {
            for (Path file : files) {
                compared += compare(file, both, TEXTS / files.size(), differences);
            }
        }
        System.out.println("Compared the tokens of " + compared + " GLUE texts and pairs: " + differences.size() + " differences.");
        assertThat(differences).isEmpty();
        assertThat(compared).isPositive();
    }

    private static int compare(Path file, HuggingFace both, int limit, List<String> differences) throws IOException {
        int compared = 0;
        try (BufferedReader lines = reader(file)) {
            int[] columns = columns(file, lines);
            List<String> texts = new ArrayList<>();
            PairList<String, String> pairs = new PairList<>();
            for (String line = lines.readLine(); line != null && compared < limit; line = lines.readLine()) {
                String[] cells = line.split("\t", -1);
                List<String> row = Arrays.stream(columns).filter(i -> i < cells.length).mapToObj(i -> cells[i]).toList();
                texts.addAll(row);
                compared += row.size();
                if (row.size() == 2) {
                    pairs.add(row.get(0), row.get(1));
                    compared++;
                }
                if (texts.size() >= BATCH) {
                    flush(both, texts, pairs, differences);
                }
            }
            flush(both, texts, pairs, differences);
        }
        return compared;
    }

    private static void flush(HuggingFace both, List<String> texts, PairList<String, String> pairs, List<String> differences) {
        differences.addAll(both.differences(texts));
        differences.addAll(both.differences(pairs));
        texts.clear();
        pairs.clear();
    }

    private static BufferedReader reader(Path file) throws IOException {
        InputStream bytes = Files.newInputStream(file);
        InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes;
        return new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8));
    }

    private static int[] columns(Path file, BufferedReader lines) throws IOException {
        String task = file.getParent().getFileName().toString();
        if (task.equals("CoLA")) {
            return COLA_COLUMNS;
        }
        List<String> header = List.of(lines.readLine().split("\t", -1));
        assertThat(header).as(file.toString()).containsAll(TEXT_COLUMNS.get(task));
        return TEXT_COLUMNS.get(task).stream().mapToInt(header::indexOf).toArray();
    }
}
