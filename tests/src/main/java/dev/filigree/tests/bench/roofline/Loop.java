package dev.filigree.tests.bench.roofline;

import java.util.Collection;
import java.util.List;

/** The arithmetic of which {@code peak.c} measures the rate. */
enum Loop {
    /** fp32 multiply and add, 8 lanes. */
    FMA_AVX2("fma avx2", false, 8 * 2, List.of("avx2", "fma")),
    /** fp32 multiply and add, 16 lanes. */
    FMA_AVX512("fma avx512", false, 16 * 2, List.of("avx512f")),
    /** 16-bit products, 16 in a vector. */
    VPMADDWD_AVX2("vpmaddwd avx2", true, 16 * 2, List.of("avx2")),
    /** 16-bit products, 32 in a vector. */
    VPMADDWD_AVX512("vpmaddwd avx512", true, 32 * 2, List.of("avx512bw")),
    /** 8-bit products, 32 in a vector, three instructions a step. */
    VPMADDUBSW_AVX2("vpmaddubsw avx2", true, 32 * 2, List.of("avx2")),
    /** 8-bit products, 32 in a vector. */
    VPDPBUSD_AVXVNNI("vpdpbusd avxvnni", true, 32 * 2, List.of("avx2", "avx_vnni")),
    /** 8-bit products, 64 in a vector. */
    VPDPBUSD_AVX512("vpdpbusd avx512", true, 64 * 2, List.of("avx512f", "avx512_vnni"));

    /** Steps in a round of a loop. */
    private static final int STEPS = 12;

    private final String label;
    private final boolean integer;
    private final int operations;
    private final List<String> needs;

    Loop(String label, boolean integer, int operations, List<String> needs) {
        this.label = label;
        this.integer = integer;
        this.operations = operations;
        this.needs = needs;
    }

    /** The instruction and the vectors' kind. */
    String label() {
        return label;
    }

    /** Whether it multiplies codes. */
    boolean integer() {
        return integer;
    }

    /** Whether a processor with these extensions, by the kernel's names, has its instructions. */
    boolean runsOn(Collection<String> extensions) {
        return extensions.containsAll(needs);
    }

    /** The C function's name, without its prefix. */
    String function() {
        return label.replace(' ', '_');
    }

    /** Additions and multiplications of so many rounds. */
    double operations(long rounds) {
        return (double) operations * STEPS * rounds;
    }
}
