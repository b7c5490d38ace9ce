package dev.filigree.pruner.glue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.pruner.data.Example;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bundled sample is large enough and balanced, and its rows repeat neither each other nor a template. */
class SampleDataTest {
    private static final double MOST_SHARED_TRIGRAMS = 0.5;

    /** A row with its one or two texts as words, without case and punctuation. */
    private record Row(GlueSplit split, List<List<String>> texts, float target) {
        List<String> first() {
            return texts.getFirst();
        }
    }

    @Test
    void isLargeEnough() throws IOException {
        assertThat(read(GlueTask.SST2, GlueSplit.TRAIN)).hasSizeGreaterThanOrEqualTo(800);
        assertThat(read(GlueTask.SST2, GlueSplit.DEV)).hasSizeGreaterThanOrEqualTo(200);
        assertThat(read(GlueTask.RTE, GlueSplit.TRAIN)).hasSizeGreaterThanOrEqualTo(200);
        assertThat(read(GlueTask.RTE, GlueSplit.DEV)).hasSizeGreaterThanOrEqualTo(80);
    }

    @ParameterizedTest
    @EnumSource(names = {"SST2", "RTE"})
    void isBalancedWithinTwoPercent(GlueTask task) throws IOException {
        for (GlueSplit split : List.of(GlueSplit.TRAIN, GlueSplit.DEV)) {
            assertThat(read(task, split).stream().mapToDouble(Example::target).average().orElseThrow()).isCloseTo(0.5, within(0.02));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SST2", "RTE"})
    void holdsNoTextTwiceWhateverItsCaseAndPunctuation(GlueTask task) throws IOException {
        assertThat(rows(task)).extracting(Row::first).doesNotHaveDuplicates().allMatch(words -> words.size() >= 2);
        assertThat(rows(task)).extracting(Row::texts).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @EnumSource(names = {"SST2", "RTE"})
    void noOpeningOfFourWordsIsInMoreThanOnePercentOfTheTexts(GlueTask task) throws IOException {
        List<Row> rows = rows(task);
        for (int column = 0; column < rows.getFirst().texts().size(); column++) {
            int c = column;
            Map<List<String>, Long> openings = rows.stream()
                    .map(row -> row.texts().get(c))
                    .filter(words -> words.size() >= 4)
                    .collect(Collectors.groupingBy(words -> words.subList(0, 4), Collectors.counting()));
            openings.values().removeIf(count -> count <= rows.size() / 100.0);
            assertThat(openings).isEmpty();
        }
    }

    /** Pairs may be alike where that is the point of them: two premises that decide the same question differently, in one file. */
    @ParameterizedTest
    @EnumSource(names = {"SST2", "RTE"})
    void textsThatShareMoreThanHalfOfTheirTrigramsAreContrastsWithinOneFile(GlueTask task) throws IOException {
        List<Row> rows = rows(task);
        for (int column = 0; column < rows.getFirst().texts().size(); column++) {
            int c = column;
            List<Set<List<String>>> trigrams = rows.stream().map(row -> trigrams(row.texts().get(c))).toList();
            Map<List<String>, List<Integer>> holders = new HashMap<>();
            for (int i = 0; i < rows.size(); i++) {
                Set<Integer> neighbours = new HashSet<>();
                for (List<String> trigram : trigrams.get(i)) {
                    List<Integer> earlier = holders.computeIfAbsent(trigram, t -> new ArrayList<>());
                    neighbours.addAll(earlier);
                    earlier.add(i);
                }
                Row row = rows.get(i);
                Set<List<String>> mine = trigrams.get(i);
                assertThat(neighbours)
                        .filteredOn(j -> jaccard(mine, trigrams.get(j)) > MOST_SHARED_TRIGRAMS && !contrast(row, rows.get(j)))
                        .as("rows too much like %s", row)
                        .isEmpty();
            }
        }
    }

    private static boolean contrast(Row a, Row b) {
        return a.texts().size() == 2 && a.split() == b.split() && a.target() != b.target();
    }

    private static Set<List<String>> trigrams(List<String> words) {
        Set<List<String>> trigrams = new HashSet<>();
        for (int i = 0; i + 3 <= words.size(); i++) {
            trigrams.add(words.subList(i, i + 3));
        }
        return trigrams;
    }

    private static double jaccard(Set<List<String>> a, Set<List<String>> b) {
        long shared = a.stream().filter(b::contains).count();
        return shared / (double) (a.size() + b.size() - shared);
    }

    /** The rows of train and dev together. */
    private static List<Row> rows(GlueTask task) throws IOException {
        List<Row> rows = new ArrayList<>();
        for (GlueSplit split : List.of(GlueSplit.TRAIN, GlueSplit.DEV)) {
            for (Example example : read(task, split)) {
                List<List<String>> texts =
                        Stream.concat(Stream.of(example.first()), example.second().stream()).map(SampleDataTest::words).toList();
                rows.add(new Row(split, texts, example.target()));
            }
        }
        return rows;
    }

    private static List<String> words(String text) {
        String folded = text.toLowerCase(Locale.ROOT).replaceAll("['’]", "").replaceAll("[^\\p{L}\\p{N}]+", " ").strip();
        return Arrays.asList(folded.split(" "));
    }

    private static List<Example> read(GlueTask task, GlueSplit split) throws IOException {
        return GlueData.sample().read(task, split).examples();
    }
}
