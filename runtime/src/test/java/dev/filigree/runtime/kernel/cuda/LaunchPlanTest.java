package dev.filigree.runtime.kernel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The decisions of the kernels' headers, in Java and in C++. */
class LaunchPlanTest {
    private static final int[] HIDDEN = {64, 128, 384, 512, 768, 1024};

    @Test
    void decidesAsTheKernelsHeadersDo(@TempDir Path folder) throws Exception {
        assumeTrue(StandIn.succeeds("g++", "--version"), "skipped: there is no g++ on the PATH to compile the kernels' headers with");
        Path program = folder.resolve("plans");
        assertThat(StandIn.succeeds("g++", "-std=c++17", "-o", program.toString(), "src/test/cuda/plans.cpp")).as("g++").isTrue();
        Process process = new ProcessBuilder(program.toString()).start();
        List<String> theirs = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        assertThat(process.waitFor()).isZero();
        List<String> ours = ours();
        for (int i = 0; i < Math.min(ours.size(), theirs.size()); i++) {
            assertThat(ours.get(i)).as("line " + i).isEqualTo(theirs.get(i));
        }
        assertThat(ours).hasSameSizeAs(theirs);
    }

    /** What {@code plans.cpp} prints. */
    private static List<String> ours() {
        List<String> lines = new ArrayList<>();
        for (LinearShape s : LinearShape.ALL) {
            lines.add(line("shape", s.name(), s.rows(), s.tokens(), s.threads(), bit(s.wgmma()), s.sharedBytes(true, false),
                    s.sharedBytes(false, false), s.sharedBytes(true, true), s.sharedBytes(false, true), s.maxSplits()));
        }
        for (int tokens = 1; tokens <= 20000; tokens += tokens < 600 ? 1 : 97) {
            lines.add(line("padded", tokens, LaunchPlan.paddedTokens(tokens)));
        }
        for (int hidden : HIDDEN) {
            for (int ffn : new int[] {2 * hidden, 3 * hidden, 4 * hidden}) {
                for (int tokens = 1; tokens <= 17000; tokens += tokens < 160 ? 5 : tokens < 1100 ? 37 : 1111) {
                    for (int[] l : new int[][] {{3 * hidden, hidden}, {hidden, hidden}, {ffn, hidden}, {hidden, ffn}}) {
                        lines.add(line("linear", l[0], l[1], tokens, text(LaunchPlan.wgmma(l[0], l[1], tokens)),
                                text(LaunchPlan.mma(l[0], l[1], tokens, false)), text(LaunchPlan.mma(l[0], l[1], tokens, true))));
                    }
                }
            }
        }
        for (int hidden : HIDDEN) {
            for (int sequences : new int[] {1, 2, 3, 5, 8, 16, 31, 64, 128}) {
                for (int longest = 1; longest <= 512; longest += 13) {
                    lines.add(line("attention", hidden, sequences, longest, bit(LaunchPlan.wideAttention(sequences, longest, hidden))));
                }
            }
        }
        for (boolean wide : new boolean[] {false, true}) {
            for (int blocks : new int[] {264, 265}) {
                for (boolean h100 : new boolean[] {false, true}) {
                    lines.add(line("attention", bit(wide), LaunchPlan.attentionQueries(wide),
                            LaunchPlan.attentionSharedBytes(wide, blocks, h100)));
                }
            }
        }
        layout(lines);
        return lines;
    }

    private static void layout(List<String> lines) {
        for (int rows : new int[] {1, 64, 128, 129, 1152, 3072}) {
            for (int inputs : new int[] {64, 384, 3072}) {
                lines.add(line("weight", rows, inputs, DeviceLayout.paddedRows(rows), DeviceLayout.weightBytes(rows, inputs, true, false),
                        DeviceLayout.weightBytes(rows, inputs, false, false), DeviceLayout.weightBytes(rows, inputs, true, true),
                        DeviceLayout.weightBytes(rows, inputs, false, true), DeviceLayout.codeBytes(inputs, 32)));
            }
        }
        for (int feature = 0; feature < 200; feature += 3) {
            for (int token = 0; token < 30; token += 7) {
                lines.add(line("activation", feature, token, DeviceLayout.activation(feature, token, 32)));
            }
        }
    }

    private static String line(Object... words) {
        return String.join(" ", List.of(words).stream().map(Object::toString).toList());
    }

    private static int bit(boolean set) {
        return set ? 1 : 0;
    }

    private static String text(LaunchPlan plan) {
        return plan.shape().name() + " " + plan.splits();
    }
}
