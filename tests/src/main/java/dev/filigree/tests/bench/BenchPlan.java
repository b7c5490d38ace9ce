package dev.filigree.tests.bench;

import dev.filigree.tests.bench.peer.PeerKind;
import dev.filigree.tests.bench.peer.Variant;
import java.util.List;

/**
 * What a run measures.
 *
 * @param variants of each file's weights
 * @param providers that run each variant
 * @param peers that run the first file's weights
 * @param cases the calls
 * @param threads of every engine, one run for each number
 * @param rounds samples of each engine
 * @param warmupNanos how long each engine runs before anything counts
 * @param cold whether every case is also measured with cold caches
 * @param text whether classifying texts is measured too
 * @param kernels whether the native provider's kernels are measured alone too
 * @param stages whether the native provider's stages are measured too
 */
record BenchPlan(
        List<Variant> variants,
        List<String> providers,
        List<PeerKind> peers,
        List<CaseShape> cases,
        List<Integer> threads,
        int rounds,
        long warmupNanos,
        boolean cold,
        boolean text,
        boolean kernels,
        boolean stages) {}
