package dev.filigree.tests.jmh;

import dev.filigree.format.DType;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.nativecode.SingleKernel;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The native kernels between the linears, hot. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class StageBenchmark {
    /** Tokens of a call; attention is within one sequence of them. */
    @Param({"16", "128", "512"})
    public int tokens;

    /** Set of native kernels. */
    @Param(SingleKernel.BEST)
    public String level;

    private SingleKernel attention;
    private SingleKernel norm;
    private SingleKernel quantise;

    /** Makes activations. */
    @Setup(Level.Trial)
    public void make() {
        Model model = Weights.model(1, "dense", DType.FP32);
        attention = SingleKernel.attention(level, Weights.HEADS, Weights.HIDDEN / Weights.HEADS, tokens);
        norm = SingleKernel.norm(level, model.layers().getFirst().outputNorm(), model.shape().layerNormEpsilon(), tokens);
        quantise = SingleKernel.quantise(level, Weights.HIDDEN, tokens);
    }

    /** Frees them. */
    @TearDown(Level.Trial)
    public void free() {
        attention.close();
        norm.close();
        quantise.close();
    }

    /** Twelve heads of 32. */
    @Benchmark
    public void attention() {
        attention.run();
    }

    /** 384 features, in place. */
    @Benchmark
    public void norm() {
        norm.run();
    }

    /** 384 features to codes. */
    @Benchmark
    public void quantise() {
        quantise.run();
    }
}
