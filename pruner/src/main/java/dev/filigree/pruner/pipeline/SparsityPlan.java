package dev.filigree.pruner.pipeline;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.train.LinearRole;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The sparsity of each prunable linear: one for all, and rules for some, of which the last that names a linear counts.
 *
 * <p>Written as {@code 2:4@16} or {@code 2:4@16,value=2:4@4,0-2.ffn-in=dense}: a rule names a role in every layer, or in a layer or
 * range of layers counted from 0.
 *
 * @param standard where no rule says otherwise
 * @param rules in the order written
 */
public record SparsityPlan(Sparsity standard, List<Rule> rules) {
    /** Every linear dense. */
    public static final SparsityPlan DENSE = all(Sparsity.DENSE);

    private static final Pattern SYNTAX = Pattern.compile("(?:(\\d{1,3})(?:-(\\d{1,3}))?\\.)?([a-z-]+)=(.+)");

    /**
     * Another sparsity for some linears.
     *
     * @param layers which layers; every one if empty
     * @param role which linear of them
     * @param sparsity what they get
     */
    public record Rule(Optional<Range> layers, LinearRole role, Sparsity sparsity) {
        private boolean names(int layer, LinearRole other) {
            return role == other && layers.map(range -> range.first <= layer && layer <= range.last).orElse(true);
        }

        @Override
        public String toString() {
            return layers.map(range -> range + ".").orElse("") + word(role) + "=" + sparsity;
        }
    }

    /**
     * Layers from one to another, both included.
     *
     * @param first from 0
     * @param last not before the first
     */
    public record Range(int first, int last) {
        /** Checks the order. */
        public Range {
            if (first < 0 || last < first) {
                throw new IllegalArgumentException(first + "-" + last + " is no range of layers: write the lower number first.");
            }
        }

        @Override
        public String toString() {
            return first == last ? Integer.toString(first) : first + "-" + last;
        }
    }

    /** Copies the list. */
    public SparsityPlan {
        rules = List.copyOf(rules);
    }

    /** The same for every linear. */
    public static SparsityPlan all(Sparsity sparsity) {
        return new SparsityPlan(sparsity, List.of());
    }

    /** The plan that gives each linear of a model what {@code choice} says, written with the commonest sparsity as the standard. */
    public static SparsityPlan of(EncoderShape shape, BiFunction<Integer, LinearRole, Sparsity> choice) {
        List<Rule> each = new ArrayList<>();
        for (int layer = 0; layer < shape.layers(); layer++) {
            for (LinearRole role : LinearRole.values()) {
                each.add(new Rule(Optional.of(new Range(layer, layer)), role, choice.apply(layer, role)));
            }
        }
        Map<String, List<Rule>> bySparsity =
                each.stream().collect(Collectors.groupingBy(e -> e.sparsity().toString(), TreeMap::new, Collectors.toList()));
        Sparsity standard = bySparsity.values().stream().reduce((a, b) -> b.size() > a.size() ? b : a).orElseThrow().getFirst().sparsity();
        return new SparsityPlan(standard, each.stream().filter(e -> !e.sparsity().equals(standard)).toList());
    }

    /**
     * Reads a plan as it is written.
     *
     * @throws IllegalArgumentException with a sentence for the user when it is none
     */
    public static SparsityPlan parse(String text) {
        String[] parts = text.strip().toLowerCase(Locale.ROOT).split(",", -1);
        Sparsity standard = Sparsity.parse(parts[0].strip());
        return new SparsityPlan(standard, Arrays.stream(parts).skip(1).map(part -> rule(part.strip())).toList());
    }

    /** What a linear gets. */
    public Sparsity of(int layer, LinearRole role) {
        return rules.reversed().stream()
                .filter(rule -> rule.names(layer, role))
                .findFirst()
                .map(Rule::sparsity)
                .orElse(standard);
    }

    /** Whether nothing is to be pruned. */
    public boolean isDense() {
        return standard.isDense() && rules.stream().allMatch(rule -> rule.sparsity().isDense());
    }

    /**
     * Refuses rules for layers that a model does not have.
     *
     * @throws IllegalArgumentException with a sentence for the user
     */
    void requireFits(EncoderShape shape) {
        for (Rule rule : rules) {
            if (rule.layers().isPresent() && rule.layers().get().last() >= shape.layers()) {
                throw new IllegalArgumentException("The pattern " + rule + " names layer " + rule.layers().get().last()
                        + ", but the model has layers 0 to " + (shape.layers() - 1) + ".");
            }
        }
    }

    @Override
    public String toString() {
        return standard + rules.stream().map(rule -> "," + rule).collect(Collectors.joining());
    }

    private static Rule rule(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no rule for a pattern: write ROLE=N:M@V or LAYERS.ROLE=N:M@V, for "
                    + "example 0-2.ffn-in=2:4@4.");
        }
        Optional<Range> layers = Optional.empty();
        if (matcher.group(1) != null) {
            int first = Integer.parseInt(matcher.group(1));
            layers = Optional.of(new Range(first, matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2))));
        }
        return new Rule(layers, role(matcher.group(3)), Sparsity.parse(matcher.group(4)));
    }

    private static LinearRole role(String word) {
        return Arrays.stream(LinearRole.values())
                .filter(role -> word(role).equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + word + "' is no linear of a layer: the linears are "
                        + Arrays.stream(LinearRole.values()).map(SparsityPlan::word).collect(Collectors.joining(", ")) + "."));
    }

    private static String word(LinearRole role) {
        return role.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
