package dev.filigree.tests.bench.roofline;

import java.util.Collection;
import java.util.List;

/** The arithmetic of which {@code peak.c} measures the rate. */
enum Loop {
    /** fp32 multiply and add, 8 lanes. */
    FMA_AVX2("fma avx2", 8 * 2, List.of("avx2", "fma")),
    /** fp32 multiply and add, 16 lanes. */
    FMA_AVX512("fma avx512", 16 * 2, List.of("avx512f")),
    /** 16-bit products, 16 in a vector. */
    VPMADDWD_AVX2("vpmaddwd avx2", 16 * 2, List.of("avx2")),
    /** 16-bit products, 32 in a vector. */
    VPMADDWD_AVX512("vpmaddwd avx512", 32 * 2, List.of("avx512bw")),
    /** 8-bit products, 32 in a vector, three instructions a step. */
    VPMADDUBSW_AVX2("vpmaddubsw avx2", 32 * 2, List.of("avx2")),
    /** 8-bit products, 32 in a vector. */
    VPDPBUSD_AVXVNNI("vpdpbusd avxvnni", 32 * 2, List.of("avx2", "avx_vnni")),
    /** 8-bit products, 64 in a vector. */
    VPDPBUSD_AVX512("vpdpbusd avx512", 64 * 2, List.of("avx512f", "avx512_vnni")),
    /** 8-bit products of 16 rows of 64 with 16 columns; six in a round, where others have twelve. */
    TDPBUSD_AMX("tdpbusd amx", 16 * 16 * 64 * 2 / 2, List.of("amx_tile", "amx_int8"));

    /** Steps in a round of a loop. */
    private static final int STEPS = 12;

    private final String label;
    private final int operations;
    private final List<String> needs;

    Loop(String label, int operations, List<String> needs) {
        this.label = label;
        this.operations = operations;
        this.needs = needs;
    }

    /** The instruction and the vectors' kind. */
    String label() {
        return label;
    }

    /** The one that the native kernels of a level are made of where weights are fp32. */
    static Loop fp32(String level) {
        return level.equals("avx2") ? FMA_AVX2 : FMA_AVX512;
    }

    /** The one that the native kernels of a level are made of where weights are int8. */
    static Loop integer(String level) {
        return switch (level) {
            case "avx2" -> VPMADDWD_AVX2;
            case "avx512" -> VPMADDWD_AVX512;
            case "vnni" -> VPDPBUSD_AVX512;
            case "amx" -> TDPBUSD_AMX;
            default -> throw new IllegalArgumentException("No loop is known for the native kernels '" + level + "'.");
        };
    }

    /** Whether a processor with these extensions, by the kernel's names, has its instructions. */
    boolean runsOn(Collection<String> extensions) {
        return extensions.containsAll(needs);
    }

    /** The C function's name, without its prefix. */
    String function() {
        return label.replace(' ', '_');
    }

    /** How many times longer a round takes than one of the others, or so. */
    int slowness() {
        return this == TDPBUSD_AMX ? 16 : 1;
    }

    /** Additions and multiplications of so many rounds. */
    double operations(long rounds) {
        return (double) operations * STEPS * rounds;
    }
}
