package dev.filigree.tests.jmh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.filigree.runtime.kernel.nativecode.StageTimer;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs each benchmark for an instant, in this JVM: what they measure is not looked at. */
class BenchmarksTest {
    @Test
    void benchmarksAreListed() {
        assertThat(BenchmarkList.defaultList().getAll(null, List.of()))
                .extracting(one -> one.getUsername().replaceAll(".*\\.(\\w+\\.\\w+)$", "$1"))
                .containsExactlyInAnyOrder("ForwardBenchmark.forward", "LinearBenchmark.linear", "StageBenchmark.attention",
                        "StageBenchmark.norm", "StageBenchmark.quantise");
    }

    @Test
    void forwardRuns() throws RunnerException {
        assertThat(run(ForwardBenchmark.class, "provider", "vector", "dtype", "INT8", "sparsity", "2:4@16", "tokens", "16")).hasSize(1);
    }

    @Test
    void linearsRunForEachSparsity() throws RunnerException {
        assumeTrue(StageTimer.refusal().isEmpty(), "There are no native kernels on this machine.");
        assertThat(run(LinearBenchmark.class, "dtype", "INT8", "tokens", "16")).hasSize(5);
    }

    @Test
    void otherKernelsRun() throws RunnerException {
        assumeTrue(StageTimer.refusal().isEmpty(), "There are no native kernels on this machine.");
        assertThat(run(StageBenchmark.class, "tokens", "16")).hasSize(3);
    }

    private static Collection<RunResult> run(Class<?> benchmark, String... parameters) throws RunnerException {
        OptionsBuilder options = new OptionsBuilder();
        options.include(benchmark.getSimpleName()).forks(0).warmupIterations(0).measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(5)).verbosity(VerboseMode.SILENT).shouldFailOnError(true);
        for (int i = 0; i < parameters.length; i += 2) {
            options.param(parameters[i], parameters[i + 1]);
        }
        return new Runner(options.build()).run();
    }
}
