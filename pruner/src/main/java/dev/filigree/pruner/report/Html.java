package dev.filigree.pruner.report;

import java.util.Locale;

/** Pieces of a page as text that is well-formed XML, too: every element is closed, every text escaped. */
final class Html {
    private Html() {}

    /** An element without attributes around content that is markup already. */
    static String element(String name, String... content) {
        return "<" + name + ">" + String.join("", content) + "</" + name + ">";
    }

    /**
     * An element around content that is markup already.
     *
     * @param attributes as written, for example {@code class="wide"}
     */
    static String with(String name, String attributes, String... content) {
        return "<" + name + " " + attributes + ">" + String.join("", content) + "</" + name + ">";
    }

    /** Text that is no markup. */
    static String text(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /** A figure as people read it, with its exact value for programs. */
    static String data(double value, String shown) {
        return "<data value=\"" + value + "\">" + text(shown) + "</data>";
    }

    /** A score or share in points, for example {@code 87.61}. */
    static String points(double fraction) {
        return data(fraction, number(100 * fraction, 2));
    }

    /** A difference in points with its sign, for example {@code −0.46}. */
    static String change(double fraction) {
        String number = number(Math.abs(100 * fraction), 2);
        boolean none = number.equals("0.00");
        return data(fraction, (none ? "" : fraction < 0 ? "\u2212" : "+") + number);
    }

    /** Bytes with separators. */
    static String bytes(long bytes) {
        return "<data value=\"" + bytes + "\">" + String.format(Locale.ROOT, "%,d", bytes) + "</data>";
    }

    static String number(double value, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    /** A row of table cells, the first of which names the row. */
    static String row(String head, String... cells) {
        StringBuilder row = new StringBuilder(with("th", "scope=\"row\"", head));
        for (String cell : cells) {
            row.append(element("td", cell));
        }
        return element("tr", row.toString());
    }

    /** A row of column heads. */
    static String heads(String... heads) {
        StringBuilder row = new StringBuilder();
        for (String head : heads) {
            row.append(with("th", "scope=\"col\"", head));
        }
        return element("thead", element("tr", row.toString()));
    }

    /** Content too wide for a small screen: it scrolls by itself, by keyboard too. */
    static String scrolling(String label, String content) {
        return with("div", "class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + text(label) + "\"", content);
    }
}
