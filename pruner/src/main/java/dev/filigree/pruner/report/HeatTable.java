package dev.filigree.pruner.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** Tables whose cells are shaded by their figures. */
final class HeatTable {
    /** Tables with more columns have cells without figures. */
    private static final int COLUMNS_WITH_FIGURES = 12;

    private HeatTable() {}

    /** Kept energy: a row for each layer, a column for each of its linears, shaded between the least and the most. */
    static String energy(List<RunReport.PrunedLinear> linears) {
        double low = linears.stream().mapToDouble(RunReport.PrunedLinear::keptEnergy).min().orElse(0);
        double high = linears.stream().mapToDouble(RunReport.PrunedLinear::keptEnergy).max().orElse(1);
        List<String> heads = new ArrayList<>(List.of("layer"));
        heads.addAll(FileReport.ROLES.stream().map(HeatTable::words).toList());
        StringBuilder body = new StringBuilder();
        for (int layer : new TreeSet<>(linears.stream().map(RunReport.PrunedLinear::layer).toList())) {
            StringBuilder row = new StringBuilder(Html.with("th", "scope=\"row\"", Integer.toString(layer)));
            for (RunReport.PrunedLinear linear : linears) {
                if (linear.layer() == layer) {
                    row.append(cell((linear.keptEnergy() - low) / Math.max(1e-9, high - low),
                            linear.sparsity() + ", lost " + Html.number(100 * linear.lostEnergy(), 1) + " %",
                            Html.data(linear.keptEnergy(), Html.number(100 * linear.keptEnergy(), 1))));
                }
            }
            body.append(Html.element("tr", row.toString()));
        }
        return Html.with("table", "class=\"heat\"", Html.element("caption", "Kept energy in percent"),
                Html.heads(heads.toArray(String[]::new)), Html.element("tbody", body.toString()));
    }

    /**
     * Use of patterns: a row for each linear, a column for each pattern, shaded from nothing to the most of all.
     *
     * @param sparsity of the linears, which all have it
     */
    static String patterns(String sparsity, List<RunReport.PrunedLinear> linears) {
        List<String> patterns = linears.stream().flatMap(linear -> linear.patterns().stream()).map(PatternUse::pattern).distinct()
                .sorted((a, b) -> new StringBuilder(a).reverse().compareTo(new StringBuilder(b).reverse()))
                .toList();
        boolean figures = patterns.size() <= COLUMNS_WITH_FIGURES;
        double most = linears.stream()
                .flatMap(linear -> shares(linear, patterns).stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1);
        List<String> heads = new ArrayList<>(List.of("linear"));
        for (String pattern : patterns) {
            heads.add(figures ? Html.with("span", "class=\"pattern\"", glyphs(pattern)) : "");
        }
        StringBuilder body = new StringBuilder();
        for (RunReport.PrunedLinear linear : linears) {
            List<Double> shares = shares(linear, patterns);
            StringBuilder row = new StringBuilder(Html.with("th", "scope=\"row\"", linear.layer() + " " + words(linear.role())));
            for (int i = 0; i < patterns.size(); i++) {
                String share = Html.number(100 * shares.get(i), 1);
                row.append(cell(shares.get(i) / most, patterns.get(i) + ": " + share + " % of the blocks", figures ? share : ""));
            }
            body.append(Html.element("tr", row.toString()));
        }
        String told = linears.stream().anyMatch(linear -> linear.patternsUsed() > linear.patterns().size())
                ? ", the " + PatternUse.MOST + " commonest of each linear"
                : "";
        return Html.with("table", "class=\"heat" + (figures ? "" : " narrow") + "\"",
                Html.element("caption", Html.text(sparsity + ": share of the blocks that use a pattern, in percent" + told)),
                Html.heads(heads.toArray(String[]::new)), Html.element("tbody", body.toString()));
    }

    private static List<Double> shares(RunReport.PrunedLinear linear, List<String> patterns) {
        long all = linear.patterns().stream().mapToLong(PatternUse::blocks).sum();
        return patterns.stream()
                .map(pattern -> linear.patterns().stream().filter(use -> use.pattern().equals(pattern)).mapToLong(PatternUse::blocks).sum()
                        / (double) Math.max(1, all))
                .toList();
    }

    private static String cell(double share, String title, String content) {
        return Html.with("td", "style=\"--heat:" + Html.number(100 * share, 0) + "%\" title=\"" + Html.text(title) + "\"", content);
    }

    /** A full square for each kept input, an empty one for each pruned one. */
    private static String glyphs(String pattern) {
        return pattern.replace('1', '\u25a0').replace('0', '\u25a1');
    }

    /** {@code ffn in} for {@code ffnIn}. */
    static String words(String role) {
        return role.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
    }
}
