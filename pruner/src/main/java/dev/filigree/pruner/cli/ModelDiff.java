package dev.filigree.pruner.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.GoldenExample;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import dev.filigree.format.Provenance;
import dev.filigree.format.Task;
import dev.filigree.format.TokenizerSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What differs between two models; the JSON of {@code diff} is this record.
 *
 * @param changes settings, dimensions, names and counts that differ
 * @param tensors those of the tensors that differ
 * @param tensorsCompared how many tensors both have, whatever their shapes
 * @param goldenGap largest difference of a recorded logit, where both carry the same golden texts
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record ModelDiff(List<Change> changes, List<TensorChange> tensors, int tensorsCompared, Optional<Double> goldenGap) {
    /**
     * Something that can be written in a line.
     *
     * @param what for example {@code encoder.hidden}
     * @param a in the first file; empty where it has none
     * @param b in the second file
     */
    record Change(String what, String a, String b) {}

    /** Whether nothing differs but where the files lie. */
    @JsonProperty
    boolean same() {
        return changes.isEmpty() && tensors.isEmpty() && goldenGap.orElse(0.0) == 0;
    }

    static ModelDiff of(Model a, Model b) {
        Comparison comparison = new Comparison();
        comparison.shapes(a.shape(), b.shape());
        comparison.tokenizers(a.tokenizer(), b.tokenizer());
        comparison.tasks(a.task(), b.task());
        comparison.change("head.pooling", a.head().pooling(), b.head().pooling());
        comparison.provenances(a.provenance(), b.provenance());
        comparison.tensors(a, b);
        Optional<Double> gap = comparison.golden(a.goldenExamples(), b.goldenExamples());
        return new ModelDiff(comparison.changes, comparison.tensors, comparison.compared, gap);
    }

    /** Gathers the differences. */
    private static final class Comparison {
        private final List<Change> changes = new ArrayList<>();
        private final List<TensorChange> tensors = new ArrayList<>();
        private int compared;

        private void change(String what, Object a, Object b) {
            if (!a.equals(b)) {
                changes.add(new Change(what, a.toString(), b.toString()));
            }
        }

        private void change(String what, Map<String, ?> a, Map<String, ?> b) {
            TreeSet<String> keys = new TreeSet<>(a.keySet());
            keys.addAll(b.keySet());
            keys.forEach(key -> change(what + "." + key, Objects.toString(a.get(key), ""), Objects.toString(b.get(key), "")));
        }

        private void shapes(EncoderShape a, EncoderShape b) {
            change("encoder.hidden", a.hidden(), b.hidden());
            change("encoder.layers", a.layers(), b.layers());
            change("encoder.heads", a.heads(), b.heads());
            change("encoder.intermediate", a.intermediate(), b.intermediate());
            change("encoder.vocabulary", a.vocabulary(), b.vocabulary());
            change("encoder.maxPositions", a.maxPositions(), b.maxPositions());
            change("encoder.typeVocabulary", a.typeVocabulary(), b.typeVocabulary());
            change("encoder.layerNormEpsilon", a.layerNormEpsilon(), b.layerNormEpsilon());
        }

        private void tokenizers(TokenizerSpec a, TokenizerSpec b) {
            change("tokenizer.tokens", a.vocabulary().size(), b.vocabulary().size());
            int common = Math.min(a.vocabulary().size(), b.vocabulary().size());
            IntStream.range(0, common).filter(id -> !a.vocabulary().get(id).equals(b.vocabulary().get(id))).findFirst().ifPresent(id ->
                    change("tokenizer.token " + id + " (the first that differs)", a.vocabulary().get(id), b.vocabulary().get(id)));
            change("tokenizer.lowerCase", a.lowerCase(), b.lowerCase());
            change("tokenizer.stripAccents", a.stripAccents(), b.stripAccents());
            change("tokenizer.splitChinese", a.splitChinese(), b.splitChinese());
            change("tokenizer.maxTokens", a.maxTokens(), b.maxTokens());
        }

        private void tasks(Task a, Task b) {
            change("task.name", a.name(), b.name());
            change("task.labels", a.labels(), b.labels());
            change("task.regression", a.regression(), b.regression());
            change("task.pairs", a.pairs(), b.pairs());
        }

        private void provenances(Provenance a, Provenance b) {
            change("provenance.tool", a.tool(), b.tool());
            change("provenance.baseModel", a.baseModel(), b.baseModel());
            change("provenance.method", a.method(), b.method());
            change("provenance.settings", a.settings(), b.settings());
            change("provenance.data", a.dataDigests(), b.dataDigests());
            change("provenance.metrics", a.metrics(), b.metrics());
        }

        private void tensors(Model a, Model b) {
            matrix("embeddings.word", a.embeddings().word(), b.embeddings().word());
            matrix("embeddings.position", a.embeddings().position(), b.embeddings().position());
            matrix("embeddings.tokenType", a.embeddings().tokenType(), b.embeddings().tokenType());
            norm("embeddings.norm", a.embeddings().norm(), b.embeddings().norm());
            for (int i = 0; i < Math.min(a.layers().size(), b.layers().size()); i++) {
                EncoderLayer left = a.layers().get(i);
                EncoderLayer right = b.layers().get(i);
                String at = "layers." + i + ".";
                linear(at + "query", left.query(), right.query());
                linear(at + "key", left.key(), right.key());
                linear(at + "value", left.value(), right.value());
                linear(at + "attentionOutput", left.attentionOutput(), right.attentionOutput());
                norm(at + "attentionNorm", left.attentionNorm(), right.attentionNorm());
                linear(at + "ffnIn", left.ffnIn(), right.ffnIn());
                linear(at + "ffnOut", left.ffnOut(), right.ffnOut());
                norm(at + "outputNorm", left.outputNorm(), right.outputNorm());
            }
            if (a.head().pooler().isPresent() && b.head().pooler().isPresent()) {
                linear("head.pooler", a.head().pooler().get(), b.head().pooler().get());
            }
            linear("head.classifier", a.head().classifier(), b.head().classifier());
        }

        private void linear(String name, Linear a, Linear b) {
            matrix(name + ".weight", a.weight(), b.weight());
            vector(name + ".bias", a.bias(), b.bias());
        }

        private void norm(String name, LayerNorm a, LayerNorm b) {
            vector(name + ".gamma", a.gamma(), b.gamma());
            vector(name + ".beta", a.beta(), b.beta());
        }

        private void matrix(String name, Matrix a, Matrix b) {
            compared++;
            TensorChange.between(name, a, b).ifPresent(tensors::add);
        }

        private void vector(String name, float[] a, float[] b) {
            compared++;
            TensorChange.between(name, a, b).ifPresent(tensors::add);
        }

        /** The gap of the recorded logits, where the examples are of the same texts. */
        private Optional<Double> golden(List<GoldenExample> a, List<GoldenExample> b) {
            change("golden.examples", a.size(), b.size());
            if (a.size() != b.size() || a.isEmpty()) {
                return Optional.empty();
            }
            double gap = 0;
            for (int i = 0; i < a.size(); i++) {
                GoldenExample left = a.get(i);
                GoldenExample right = b.get(i);
                boolean alike = left.text().equals(right.text()) && left.pair().equals(right.pair());
                if (!alike || left.logits().length != right.logits().length) {
                    changes.add(new Change("golden.example " + (i + 1), left.text(), right.text()));
                    return Optional.empty();
                }
                for (int label = 0; label < left.logits().length; label++) {
                    gap = Math.max(gap, Math.abs((double) left.logits()[label] - right.logits()[label]));
                }
            }
            return Optional.of(gap);
        }
    }
}
