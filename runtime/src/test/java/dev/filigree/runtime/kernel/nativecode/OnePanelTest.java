package dev.filigree.runtime.kernel.nativecode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.Linear;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import dev.filigree.runtime.kernel.vector.Models;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which kernel the AMX level, the machine's own or emulated, takes for how many tokens, and that nobody can tell from the outputs. */
@ParameterizedClass
@MethodSource("amx")
class OnePanelTest {
    private static final int OUTPUTS = 80;
    private static final int INPUTS = 200;

    private final NativeKernels amx;

    OnePanelTest(NativeKernels amx) {
        this.amx = amx;
    }

    static List<NativeKernels> amx() {
        return NativeLevels.all().stream().filter(kernels -> kernels.level().equals(Level.AMX)).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "2:4@16, INT8, vnni", "2:4@48, INT8, vnni", "1:4@16, INT8, vnni", "4:8@32, INT8, vnni",
        "dense, INT8, amx", "2:4@8, INT8, amx", "2:4@24, INT8, amx", "3:7@16, INT8, amx", "2:4@16, FP32, amx"
    })
    void onePanelOfCodesMeetsWideSparseWeightsInQuads(String sparsity, DType dtype, String onePanel) {
        try (Arena arena = Arena.ofConfined()) {
            NativeLinear linear = NativeLinear.of(linear(sparsity, dtype), amx, arena);
            assertThat(levels(linear, 1, 15, 16)).containsOnly(onePanel);
            assertThat(levels(linear, 17, 32, 128, 512)).containsOnly("amx");
        }
    }

    private static List<String> levels(NativeLinear linear, Integer... tokens) {
        return List.of(tokens).stream().map(count -> linear.forTokens(count).kernels().level().name()).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2:4@16", "1:2@32", "1:4@16", "4:8@16"})
    void bothKernelsGiveTheSameBits(String sparsity) {
        Linear weights = linear(sparsity, DType.INT8);
        for (int tokens : new int[] {1, 7, 16, 17, 33}) {
            float[] x = Models.values(tokens * INPUTS, 2f, new SplittableRandom(tokens));
            for (Epilogue epilogue : Epilogue.values()) {
                try (Arena arena = Arena.ofConfined()) {
                    NativeLinear tiles = NativeLinear.of(weights, amx, arena);
                    NativeLinear quads = tiles.onePanel().orElseThrow();
                    assertThat(outputs(quads, x, tokens, epilogue)).as("%d tokens, %s", tokens, epilogue)
                            .isEqualTo(outputs(tilesAlone(tiles), x, tokens, epilogue))
                            .isEqualTo(outputs(tiles, x, tokens, epilogue));
                }
            }
        }
    }

    private static NativeLinear tilesAlone(NativeLinear linear) {
        return new NativeLinear(linear.kernels(), linear.weight(), linear.outputs(), Optional.empty());
    }

    private static Linear linear(String sparsity, DType dtype) {
        return Models.linear(OUTPUTS, INPUTS, Sparsity.parse(sparsity), dtype, new SplittableRandom(21));
    }

    /** Two workers, one after the other; codes are made by the level's own kernels in any case. */
    private float[] outputs(NativeLinear linear, float[] x, int tokens, Epilogue epilogue) {
        try (Arena arena = Arena.ofConfined()) {
            Activations input = PanelRows.panels(arena, x, INPUTS, tokens);
            Activations output = PanelRows.panels(
                    arena, Models.values(tokens * OUTPUTS, 1f, new SplittableRandom(22)), OUTPUTS, tokens);
            input.quantise(amx, linear.limit(), 0, Panels.count(tokens));
            MemorySegment scratch = Memory.bytes(arena, linear.scratchBytes());
            for (int worker = 0; worker < 2; worker++) {
                linear.apply(input, output.values(), tokens, epilogue, scratch, new Share(worker, 2));
            }
            return PanelRows.rows(output, tokens);
        }
    }
}
