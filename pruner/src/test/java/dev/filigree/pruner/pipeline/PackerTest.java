package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.export.HuggingFaceExport;
import dev.filigree.pruner.export.TinyModels;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Projection;
import dev.filigree.pruner.train.LinearRole;
import dev.filigree.runtime.Classifier;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackerTest {
    private static final EncoderShape SHAPE = new EncoderShape(32, 2, 4, 72, 20, 10, 2, 1e-5f);
    private static final StoredTypes FP32 = new StoredTypes(DType.FP32, DType.FP32);

    /** What the runtime answers does not depend on which rows share a block. */
    @ParameterizedTest
    @ValueSource(strings = {"2:4@4", "2:4@16", "4:8@3"})
    void rowsInAnyOrderGiveTheSameModel(String pattern) {
        SparsityPlan plan = SparsityPlan.parse(pattern);
        Model dense = TinyModels.model(SHAPE, Sparsity.DENSE, DType.FP32, Pooling.MEAN, 3, 91);
        Map<String, float[]> weights = HuggingFaceExport.weights(dense);
        Map<String, int[]> orders = prune(weights, plan);

        Model packed = pack(new Packer(plan, FP32, orders), dense, weights);
        assertThat(packed.layers().getFirst().query().weight()).isInstanceOfSatisfying(SparseMatrix.class,
                matrix -> assertThat(matrix.rowOrder()).containsExactly(orders.get(LinearRole.QUERY.name(0))));
        assertThat(HuggingFaceExport.weights(packed)).allSatisfy((name, values) -> assertThat(values).containsExactly(weights.get(name)));

        Model unpruned = pack(new Packer(SparsityPlan.DENSE, FP32), dense, weights);
        float[] expected = logits(unpruned, "reference");
        for (String provider : List.of("reference", "cpu")) {
            assertThat(logits(packed, provider)).as(provider).containsExactly(expected, within(2e-4f));
        }
    }

    /** Prunes every linear under a random order of its rows, and returns these orders. */
    private static Map<String, int[]> prune(Map<String, float[]> weights, SparsityPlan plan) {
        Map<String, int[]> orders = new HashMap<>();
        Random random = new Random(92);
        for (int layer = 0; layer < SHAPE.layers(); layer++) {
            for (LinearRole role : LinearRole.values()) {
                List<Integer> rows = new ArrayList<>(IntStream.range(0, role.outputs(SHAPE)).boxed().toList());
                Collections.shuffle(rows, random);
                int[] order = rows.stream().mapToInt(Integer::intValue).toArray();
                BlockGrid grid = new BlockGrid(order.length, role.inputs(SHAPE), plan.of(layer, role), order);
                Projection.euclidean(grid).project(weights.get(role.name(layer) + ".weight"));
                orders.put(role.name(layer), order);
            }
        }
        return orders;
    }

    private static Model pack(Packer packer, Model like, Map<String, float[]> weights) {
        return packer.pack(SHAPE, like.tokenizer(), Pooling.MEAN, like.task(), weights, like.provenance(), List.of());
    }

    private static float[] logits(Model model, String provider) {
        try (Classifier classifier = Classifier.builder().provider(provider).threads(1).open(model)) {
            return classifier.classify("t5 t6", "t7 t4 t19").logits();
        }
    }
}
