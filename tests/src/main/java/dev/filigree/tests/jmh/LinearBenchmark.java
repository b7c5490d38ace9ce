package dev.filigree.tests.jmh;

import dev.filigree.format.DType;
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

/** The native kernel of one linear, 384 inputs and 1536 outputs, weights hot. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class LinearBenchmark {
    /** How weights are stored. */
    @Param({"INT8", "FP32"})
    public DType dtype;

    /** Which weights are kept. */
    @Param({"dense", "2:4@16", "2:4@8", "2:4@4", "2:4@1"})
    public String sparsity;

    /** Tokens of a call. */
    @Param({"8", "16", "128", "512"})
    public int tokens;

    /** Set of native kernels. */
    @Param(SingleKernel.BEST)
    public String level;

    private SingleKernel kernel;

    /** Lays the weights out. */
    @Setup(Level.Trial)
    public void lay() {
        kernel = SingleKernel.linear(level, Weights.model(1, sparsity, dtype).layers().getFirst().ffnIn(), tokens);
    }

    /** Frees them. */
    @TearDown(Level.Trial)
    public void free() {
        kernel.close();
    }

    /** One call. */
    @Benchmark
    public void linear() {
        kernel.run();
    }
}
