package dev.filigree.tests.jmh;

import dev.filigree.format.DType;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.kernel.Threads;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.Random;
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

/** The whole forward pass at the dimensions of all-MiniLM-L6-v2, one sequence, from token ids to logits. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class ForwardBenchmark {
    private static final int LAYERS = 6;

    /** Who computes. */
    @Param({"native", "vector"})
    public String provider;

    /** How weights are stored. */
    @Param({"INT8", "FP32"})
    public DType dtype;

    /** Which weights are kept. */
    @Param({"dense", "2:4@16"})
    public String sparsity;

    /** Tokens of the sequence. */
    @Param({"16", "128"})
    public int tokens;

    /** Threads of a call. */
    @Param("1")
    public int threads;

    private EncoderProgram program;
    private TokenBatch batch;

    /** Lays the weights out. */
    @Setup(Level.Trial)
    public void load() {
        Model model = Weights.model(LAYERS, sparsity, dtype);
        program = Providers.load(model, provider, Threads.own(threads)).program();
        int[] ids = new Random(tokens).ints(tokens, 0, model.shape().vocabulary()).toArray();
        batch = new TokenBatch(ids, new int[tokens], new int[] {0, tokens});
    }

    /** Frees them. */
    @TearDown(Level.Trial)
    public void free() {
        program.close();
    }

    /** One call. */
    @Benchmark
    public float[] forward() {
        return program.logits(batch);
    }
}
