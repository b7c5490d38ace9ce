package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** Deep comparison of models: records with arrays and segments have no useful {@code equals}. */
final class ModelAssert {
    private ModelAssert() {}

    static void assertSame(Model actual, Model expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.tokenizer()).isEqualTo(expected.tokenizer());
        assertThat(actual.task()).isEqualTo(expected.task());
        assertThat(actual.provenance()).isEqualTo(expected.provenance());
        assertThat(actual.goldenExamples()).usingRecursiveComparison().isEqualTo(expected.goldenExamples());
        assertSame(actual.embeddings().word(), expected.embeddings().word());
        assertSame(actual.embeddings().position(), expected.embeddings().position());
        assertSame(actual.embeddings().tokenType(), expected.embeddings().tokenType());
        assertSame(actual.embeddings().norm(), expected.embeddings().norm());
        assertThat(actual.layers()).hasSameSizeAs(expected.layers());
        for (int i = 0; i < expected.layers().size(); i++) {
            assertSame(actual.layers().get(i), expected.layers().get(i));
        }
        assertThat(actual.head().pooling()).isEqualTo(expected.head().pooling());
        assertThat(actual.head().pooler().isPresent()).isEqualTo(expected.head().pooler().isPresent());
        expected.head().pooler().ifPresent(pooler -> assertSame(actual.head().pooler().orElseThrow(), pooler));
        assertSame(actual.head().classifier(), expected.head().classifier());
    }

    static void assertSame(Matrix actual, Matrix expected) {
        assertThat(actual.sparsity()).isEqualTo(expected.sparsity());
        assertThat(actual.dtype()).isEqualTo(expected.dtype());
        assertThat(List.of(actual.rows(), actual.columns())).containsExactly(expected.rows(), expected.columns());
        assertThat(actual.storedBytes()).isEqualTo(expected.storedBytes());
        assertThat(actual.toFloats()).isEqualTo(expected.toFloats());
        if (actual instanceof SparseMatrix a && expected instanceof SparseMatrix e) {
            assertThat(a.patterns()).isEqualTo(e.patterns());
            assertThat(a.rowOrder()).isEqualTo(e.rowOrder());
            assertThat(a.patternIds().mismatch(e.patternIds())).isEqualTo(-1);
            assertThat(a.values().mismatch(e.values())).isEqualTo(-1);
        }
    }

    private static void assertSame(EncoderLayer actual, EncoderLayer expected) {
        for (int i = 0; i < expected.linears().size(); i++) {
            assertSame(actual.linears().get(i), expected.linears().get(i));
        }
        assertSame(actual.attentionNorm(), expected.attentionNorm());
        assertSame(actual.outputNorm(), expected.outputNorm());
    }

    private static void assertSame(Linear actual, Linear expected) {
        assertSame(actual.weight(), expected.weight());
        assertThat(actual.bias()).isEqualTo(expected.bias());
    }

    private static void assertSame(LayerNorm actual, LayerNorm expected) {
        assertThat(actual.gamma()).isEqualTo(expected.gamma());
        assertThat(actual.beta()).isEqualTo(expected.beta());
    }
}
