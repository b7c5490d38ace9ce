package dev.filigree.pruner.table;

import dev.filigree.pruner.files.WholeFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Markdown page one part of which, between two comments, is made from results alone. */
public final class ResultsPage {
    /** Begins the line before the tables. */
    static final String BEGIN = "<!-- glue-table: ";
    /** The line after them. */
    static final String END = "<!-- end of glue-table -->";

    private static final String COMMENT = BEGIN + "the part up to its end is made by './filigree glue-table --page-only' -->";
    private static final Pattern PART = Pattern.compile("^" + BEGIN + ".*?^" + END + "$", Pattern.MULTILINE | Pattern.DOTALL);

    private ResultsPage() {}

    /**
     * Makes the part anew, or a page of that part alone where there is none.
     *
     * @throws IOException when the page cannot be read or written or has no such part; it is then as it was
     */
    public static void update(Path page, ResultFolder results) throws IOException {
        String before;
        try {
            before = Files.notExists(page) ? BEGIN + "-->\n" + END + "\n" : Files.readString(page);
        } catch (IOException e) {
            throw new IOException(page + " cannot be read as a page of text: name a Markdown file, or one that is not there yet.", e);
        }
        String after = updated(before, results.all(), page.toString());
        if (!after.equals(before)) {
            WholeFiles.write(page, after.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The page with the part made anew. */
    static String updated(String page, List<RunResult> results, String name) throws IOException {
        Matcher part = PART.matcher(page);
        if (!part.find()) {
            throw new IOException(
                    name + " has no place for the tables: put the lines '" + COMMENT + "' and '" + END + "' where they belong.");
        }
        return page.substring(0, part.start()) + COMMENT + "\n" + tables(results) + END + page.substring(part.end());
    }

    /** The tables of every base model. */
    private static String tables(List<RunResult> results) {
        SequencedMap<String, List<RunResult>> bases = new TreeMap<>();
        results.forEach(result -> bases.computeIfAbsent(result.base(), base -> new ArrayList<>()).add(result));
        StringBuilder text = new StringBuilder();
        if (bases.isEmpty()) {
            text.append("\nNo run is finished yet.\n\n");
        }
        bases.forEach((base, runs) -> text.append('\n').append(new BaseTables(base, runs).markdown()).append('\n'));
        return text.toString();
    }
}
