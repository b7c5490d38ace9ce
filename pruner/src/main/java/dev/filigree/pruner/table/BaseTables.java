package dev.filigree.pruner.table;

import dev.filigree.pruner.glue.GlueTask;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * The tables of one base model: scores, differences to the dense model, and what they rest on. A column for each task that has any result;
 * a cell without result says so.
 *
 * @param base its name
 * @param runs its results
 */
record BaseTables(String base, List<RunResult> runs) {
    private static final String MISSING = "missing";
    private static final String DENSE = "dense";
    /** Fewer seeds have no standard deviation worth printing. */
    private static final int SEEDS_FOR_DEVIATION = 3;
    /** Characters of a date that name the day. */
    private static final int ISO_DAY = 10;

    /** A row: a pattern, a method, and flags where training was not as usual. */
    private record Row(String pattern, String method, String flags) {
        static Row of(RunResult run) {
            return new Row(run.pattern(), run.method(), TableRun.flags(run.method(), run.settings()));
        }

        boolean isDense() {
            return pattern.equals(DENSE);
        }

        String label() {
            return (isDense() ? "dense, packed" : "`" + TableRun.shortened(pattern) + "` " + method.replace(",", ", ")) + suffix();
        }

        /** Of a dense row, what was packed. */
        String trainerLabel() {
            return "dense, fp32, by the trainer" + suffix();
        }

        private String suffix() {
            return flags.isEmpty() ? "" : " `" + flags + "`";
        }
    }

    String markdown() {
        List<GlueTask> tasks = Stream.of(GlueTask.values())
                .filter(task -> runs.stream().anyMatch(run -> run.task().equals(task.id())))
                .toList();
        List<Row> rows = runs.stream().map(Row::of).distinct()
                .sorted(Comparator.comparing((Row row) -> !row.isDense())
                        .thenComparing(row -> row.pattern().length())
                        .thenComparing(Row::pattern)
                        .thenComparing(Row::method)
                        .thenComparing(Row::flags))
                .toList();
        List<Row> dense = rows.stream().filter(Row::isDense).toList();
        StringBuilder text = new StringBuilder("### " + base + """


                Scores times 100, of the packed file by the runtime unless the row says otherwise: the mean over the seeds, ± their standard
                deviation where there are three or more, and in parentheses how many there are.

                """);
        head(text, tasks, true);
        (dense.isEmpty() ? List.of(new Row(DENSE, DENSE, "")) : dense).forEach(row ->
                scores(text, row.trainerLabel(), tasks, row, run -> run.scores().dense().main()));
        rows.forEach(row -> scores(text, row.label(), tasks, row, run -> run.scores().packed().main()));
        text.append("\nDifference to the same seed's dense model in fp32, in points:\n\n");
        head(text, tasks, true);
        rows.forEach(row -> differences(text, row, tasks));
        text.append("""

                What they rest on: rows of the data, of the official number where the file is a part; passes over the data, at the highest
                learning rate; minutes of a run, evaluation and packing included.

                """);
        head(text, tasks, false);
        facts(text, "training rows", tasks, run -> rows(run, true));
        facts(text, "evaluation rows", tasks, run -> rows(run, false));
        facts(text, "score", tasks, run -> run.scores().metric());
        rows.forEach(row -> {
            facts(text, row.label() + ", epochs", tasks, run -> Row.of(run).equals(row) ? epochs(run) : "");
            minutes(text, row, tasks);
        });
        text.append('\n').append(origin()).append('\n');
        text.append(disagreements(rows, tasks));
        return text.toString();
    }

    private static void head(StringBuilder text, List<GlueTask> tasks, boolean mean) {
        line(text, Stream.of(Stream.of(""), tasks.stream().map(BaseTables::title), mean ? Stream.of("mean") : Stream.<String>of())
                .flatMap(Function.identity()).toList());
        text.append("|---".repeat(tasks.size() + (mean ? 2 : 1))).append("|\n");
    }

    private static String title(GlueTask task) {
        return task == GlueTask.MNLI ? "MNLI-m" : task.folder();
    }

    private void scores(StringBuilder text, String label, List<GlueTask> tasks, Row row, ToDoubleFunction<RunResult> score) {
        cells(text, label, tasks, row, score, "%.2f");
    }

    private void differences(StringBuilder text, Row row, List<GlueTask> tasks) {
        cells(text, row.label(), tasks, row, run -> run.scores().packed().main() - run.scores().dense().main(), "%+.2f");
    }

    private void cells(StringBuilder text, String label, List<GlueTask> tasks, Row row, ToDoubleFunction<RunResult> value, String format) {
        List<String> cells = new ArrayList<>(List.of(label));
        List<Double> means = new ArrayList<>();
        for (GlueTask task : tasks) {
            double[] values = of(row, task).stream().mapToDouble(value).map(fraction -> 100 * fraction).toArray();
            if (values.length == 0) {
                cells.add(MISSING);
            } else {
                double mean = DoubleStream.of(values).average().orElseThrow();
                means.add(mean);
                cells.add(String.format(Locale.ROOT, format, mean) + spread(values, mean));
            }
        }
        String all = means.stream().mapToDouble(Double::doubleValue).average().stream()
                .mapToObj(mean -> String.format(Locale.ROOT, format, mean)).findFirst().orElse(MISSING);
        int missing = tasks.size() - means.size();
        cells.add(means.isEmpty() || missing == 0 ? all : all + " of " + means.size() + ", " + missing + " missing");
        line(text, cells);
    }

    private static String spread(double[] values, double mean) {
        String count = " (" + values.length + ")";
        if (values.length < SEEDS_FOR_DEVIATION) {
            return count;
        }
        double squares = DoubleStream.of(values).map(value -> (value - mean) * (value - mean)).sum();
        return String.format(Locale.ROOT, " ± %.2f", Math.sqrt(squares / (values.length - 1))) + count;
    }

    /** What the runs of a task have in common; what they have not, side by side. */
    private void facts(StringBuilder text, String label, List<GlueTask> tasks, Function<RunResult, String> fact) {
        List<String> cells = new ArrayList<>(List.of(label));
        for (GlueTask task : tasks) {
            String found = runs.stream().filter(run -> run.task().equals(task.id())).map(fact).filter(value -> !value.isEmpty()).distinct()
                    .collect(Collectors.joining(" / "));
            cells.add(found.isEmpty() ? MISSING : found);
        }
        line(text, cells);
    }

    private void minutes(StringBuilder text, Row row, List<GlueTask> tasks) {
        List<String> cells = new ArrayList<>(List.of(row.label() + ", minutes"));
        for (GlueTask task : tasks) {
            cells.add(of(row, task).stream().mapToDouble(run -> run.totalSeconds() / 60).average().stream()
                    .mapToObj(mean -> String.format(Locale.ROOT, "%.1f", mean)).findFirst().orElse(MISSING));
        }
        line(text, cells);
    }

    private static String rows(RunResult run, boolean train) {
        return run.files().entrySet().stream()
                .filter(file -> file.getKey().contains("/train") == train)
                .map(file -> file.getValue().subset()
                        ? String.format(Locale.ROOT, "%,d of %,d", file.getValue().rows(), file.getValue().official())
                        : String.format(Locale.ROOT, "%,d", file.getValue().rows()))
                .findFirst().orElse(MISSING);
    }

    private static String epochs(RunResult run) {
        String kind = run.pattern().equals(DENSE) ? "dense" : "prune";
        return plain(run.settings().get(kind + "-epochs")) + " at " + plain(run.settings().get(kind + "-rate"));
    }

    /** {@code 3} for Java's {@code 3.0}, {@code 1e-4} for {@code 1.0E-4}. */
    private static String plain(String number) {
        return number.replaceFirst("\\.0(?=$|E)", "").replace('E', 'e');
    }

    private String origin() {
        List<String> days = runs.stream().map(run -> run.date().substring(0, ISO_DAY)).distinct().sorted().toList();
        String when = days.size() == 1 ? days.getFirst() : days.getFirst() + " to " + days.getLast();
        String threads = runs.stream().map(RunResult::threads).distinct().sorted().map(String::valueOf).collect(Collectors.joining(" or "));
        String versions = runs.stream().map(run -> run.versions().entrySet().stream()
                        .map(entry -> entry.getKey() + " " + entry.getValue())
                        .collect(Collectors.joining(", ")))
                .distinct()
                .collect(Collectors.joining("; "));
        return runs.size() + " runs, " + when + ", " + threads + (threads.equals("1") ? " thread; " : " threads; ") + versions + ".";
    }

    /** Seeds of one cell that were run with different settings are no mean of one thing; the reader is told. */
    private String disagreements(List<Row> rows, List<GlueTask> tasks) {
        StringBuilder text = new StringBuilder();
        for (Row row : rows) {
            for (GlueTask task : tasks) {
                List<RunResult> cell = of(row, task);
                List<String> names = cell.stream().flatMap(run -> run.settings().keySet().stream()).distinct()
                        .filter(name -> cell.stream().map(run -> String.valueOf(run.settings().get(name))).distinct().count() > 1)
                        .toList();
                if (!names.isEmpty()) {
                    text.append("\nThe seeds of ").append(title(task)).append(", ").append(row.label()).append(", differ in ")
                            .append(String.join(", ", names)).append(".\n");
                }
            }
        }
        return text.toString();
    }

    private List<RunResult> of(Row row, GlueTask task) {
        return runs.stream().filter(run -> run.task().equals(task.id()) && Row.of(run).equals(row)).toList();
    }

    private static void line(StringBuilder text, List<String> cells) {
        text.append(cells.stream().collect(Collectors.joining(" | ", "| ", " |\n")));
    }
}
