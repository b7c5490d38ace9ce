package dev.filigree.pruner.budget;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a pruned model may take. */
public sealed interface Budget {
    /**
     * At least so many times as fast as the dense model stored in the same types, in this machine's runtime, one thread and one text at a
     * time.
     *
     * @param factor above 1
     */
    record Speed(double factor) implements Budget {
        /** Checks the range. */
        public Speed {
            if (!(factor > 1) || Double.isInfinite(factor)) {
                throw new IllegalArgumentException("A budget of speed must be more than 1x, the dense model's own, not " + factor + "x.");
            }
        }

        @Override
        public String toString() {
            return "speed=" + factor + "x";
        }
    }

    /**
     * A packed file of at most so many bytes.
     *
     * @param bytes positive
     */
    record Size(long bytes) implements Budget {
        /** Checks the range. */
        public Size {
            if (bytes < 1) {
                throw new IllegalArgumentException("A budget of size must be positive.");
            }
        }

        @Override
        public String toString() {
            return "size=" + bytes;
        }
    }

    /**
     * Reads {@code speed=1.25x} or {@code size=14MB} (MB of 1,000,000 bytes, KB of 1,000, or plain bytes).
     *
     * @throws IllegalArgumentException with a sentence for the user
     */
    static Budget parse(String text) {
        Matcher matcher = Pattern.compile("speed=(?<factor>\\d+(?:\\.\\d+)?)x?|size=(?<size>\\d+(?:\\.\\d+)?)\\s*(?<unit>mb|kb|b?)")
                .matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no budget: write speed=1.25x or size=14MB.");
        }
        if (matcher.group("factor") != null) {
            return new Speed(Double.parseDouble(matcher.group("factor")));
        }
        double unit = switch (matcher.group("unit")) {
            case "mb" -> 1e6;
            case "kb" -> 1e3;
            default -> 1;
        };
        return new Size((long) (Double.parseDouble(matcher.group("size")) * unit));
    }
}
