package dev.filigree.tests.load.soak;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.runtime.TextInput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps what was done, what came of it, what each text was first answered with, and what should not have been. Thread-safe. */
final class Ledger {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Of each kind; a soak that fails fails a million times. */
    private static final int MOST_VIOLATIONS = 5;
    private static final int MOST_CHARACTERS = 300;

    private final Map<String, Map<String, Long>> deeds = new TreeMap<>();
    private final Map<String, List<String>> violations = new TreeMap<>();
    private final Map<TextInput, JsonNode> first = new ConcurrentHashMap<>();
    private final AtomicLong compared = new AtomicLong();

    /** Something was done, and came to something. */
    synchronized void note(String deed, String outcome) {
        deeds.computeIfAbsent(deed, _ -> new TreeMap<>()).merge(outcome, 1L, Long::sum);
    }

    /** Something came to what it should not have. */
    synchronized void violation(String deed, String what) {
        List<String> ofKind = violations.computeIfAbsent(deed, _ -> new ArrayList<>());
        if (ofKind.size() < MOST_VIOLATIONS) {
            String sentence = deed + ": " + what;
            ofKind.add(sentence.substring(0, Math.min(sentence.length(), MOST_CHARACTERS)));
        }
    }

    /** Holds each result of a good answer against the first for its text: the same bits, whatever it was batched with. */
    void compare(String deed, List<TextInput> texts, byte[] body) {
        JsonNode results;
        try {
            results = JSON.readTree(body).path("results");
        } catch (IOException e) {
            violation(deed, "an answer is no JSON: " + new String(body, StandardCharsets.UTF_8));
            return;
        }
        if (results.size() != texts.size()) {
            violation(deed, texts.size() + " texts were answered with " + results.size() + " results");
            return;
        }
        for (int i = 0; i < texts.size(); i++) {
            JsonNode before = first.putIfAbsent(texts.get(i), results.get(i));
            if (before != null) {
                compared.incrementAndGet();
                if (!before.equals(results.get(i))) {
                    violation(deed, "'" + texts.get(i).first() + "' was first answered with " + before + " and now with " + results.get(i));
                }
            }
        }
    }

    /** How many results were compared. */
    long compared() {
        return compared.get();
    }

    /** Counts by deed and outcome. */
    synchronized Map<String, Map<String, Long>> deeds() {
        Map<String, Map<String, Long>> copy = new TreeMap<>();
        deeds.forEach((deed, outcomes) -> copy.put(deed, Map.copyOf(outcomes)));
        return copy;
    }

    /** The first few sentences of each kind. */
    synchronized List<String> violations() {
        return violations.values().stream().flatMap(List::stream).toList();
    }
}
