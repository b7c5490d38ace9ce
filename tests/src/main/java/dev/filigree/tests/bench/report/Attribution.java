package dev.filigree.tests.bench.report;

import dev.filigree.tests.bench.Interleaved.Timing;
import dev.filigree.tests.bench.peer.PeerKind;
import dev.filigree.tests.bench.peer.Variant;
import dev.filigree.tests.bench.report.BenchReport.Case;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a speed-up is due to: the same weights, stored in four ways and run by ONNX Runtime too, are compared in steps that multiply up to
 * the whole. Of ONNX Runtime's graphs the faster one is taken in each case.
 *
 * @param engine ONNX Runtime's int8 over our int8, both dense: layout of activations, fusion, kernels
 * @param sparsity dense int8 over pruned int8
 * @param overInt8 ONNX Runtime's int8 over ours, pruned: the two together
 * @param engineFp32 ONNX Runtime's fp32 over our fp32, both dense
 * @param codes our dense fp32 over our dense int8
 * @param overFp32 ONNX Runtime's fp32 over ours in int8, pruned: engine in fp32, codes and sparsity together
 * @param sparsityFp32 dense fp32 over pruned fp32
 */
record Attribution(
        OptionalDouble engine,
        OptionalDouble sparsity,
        OptionalDouble overInt8,
        OptionalDouble engineFp32,
        OptionalDouble codes,
        OptionalDouble overFp32,
        OptionalDouble sparsityFp32) {
    /** Compares what a case has of an engine, by the name of its packed weights such as {@code sst2/native}. */
    static Attribution of(Case one, String packed) {
        Optional<Timing> pruned = Samples.of(one, packed);
        Optional<Timing> dense = Samples.of(one, name(packed, Variant.DENSE));
        Optional<Timing> prunedFp32 = Samples.of(one, name(packed, Variant.FP32));
        Optional<Timing> denseFp32 = Samples.of(one, name(packed, Variant.DENSE_FP32));
        Optional<Timing> ortInt8 =
                Samples.fastest(one, List.of(PeerKind.ORT_INT8.label(), PeerKind.ORT_FUSED_INT8.label()));
        Optional<Timing> ortFp32 = Samples.fastest(one, List.of(PeerKind.ORT_FP32.label(), PeerKind.ORT_FUSED.label()));
        return new Attribution(
                Samples.ratio(ortInt8, dense), Samples.ratio(dense, pruned), Samples.ratio(ortInt8, pruned),
                Samples.ratio(ortFp32, denseFp32), Samples.ratio(denseFp32, dense), Samples.ratio(ortFp32, pruned),
                Samples.ratio(denseFp32, prunedFp32));
    }

    /** {@code sst2/native} to {@code sst2:dense/native}. */
    private static String name(String packed, Variant variant) {
        int provider = packed.lastIndexOf('/');
        return packed.substring(0, provider) + ":" + variant.label() + packed.substring(provider);
    }

    /** Whether anything but the whole is known. */
    boolean tells() {
        return sparsity.isPresent() || sparsityFp32.isPresent();
    }
}
