package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Reads the files of {@link Fuzzer}, {@value #CASES} or as many as the system property {@code filigree.fuzz.cases} says. Whatever they
 * hold, the reader must answer within a second with a model or with a {@link ModelFormatException}, and allocate no more than four times
 * the file's size and {@value #ALLOWANCE} bytes. A model that it accepts must be whole: everything in it can be read, and written again.
 */
class FuzzTest {
    private static final long CASES = 50_000;
    private static final int ALLOWANCE = 1 << 19;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int SHOWN = 10;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Map<Refusal, Integer> refused = new EnumMap<>(Refusal.class);
    private final List<String> findings = new ArrayList<>();
    private long accepted;
    private long mostAllocated;
    private long slowest;

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void everyFileIsReadOrRefused() throws Exception {
        Fuzzer fuzzer = new Fuzzer();
        for (byte[] valid : fuzzer.validFiles()) {
            // Not counted: what classes allocate when they are loaded.
            readAll(Forgery.read(valid));
        }
        long cases = Long.getLong("filigree.fuzz.cases", CASES);
        long started = threads.getCurrentThreadCpuTime();
        for (long number = 0; number < cases; number++) {
            byte[] file = fuzzer.file(number);
            check(file, "case " + number);
        }
        double seconds = (threads.getCurrentThreadCpuTime() - started) / 1e9;
        System.out.printf(Locale.ROOT, "fuzz: %d cases in %.1f s of processor time: %d accepted, the others refused %s; slowest %.1f ms,"
                + " at most %d bytes allocated beyond 4x the file; %d findings%n", cases, seconds, accepted, refused, slowest / 1e6,
                mostAllocated, findings.size());
        assertThat(findings.subList(0, Math.min(SHOWN, findings.size()))).as("%d findings", findings.size()).isEmpty();
        assertThat(accepted).as("some changes do no harm").isPositive();
    }

    private void check(byte[] file, String name) {
        long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
        // Not the clock on the wall: another process that takes the processor is no finding.
        long cpuBefore = threads.getCurrentThreadCpuTime();
        Model model = null;
        Refusal refusal = null;
        try {
            model = Forgery.read(file);
        } catch (ModelFormatException e) {
            refusal = e.refusal();
            if (!e.getMessage().endsWith(".") || e.getMessage().contains("\n")) {
                findings.add(name + ": not one sentence: " + e.getMessage());
            }
        } catch (RuntimeException | Error e) {
            findings.add(name + ": " + trace(e));
            return;
        }
        long cpu = threads.getCurrentThreadCpuTime() - cpuBefore;
        long allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore - 4L * file.length;
        slowest = Math.max(slowest, cpu);
        mostAllocated = Math.max(mostAllocated, allocated);
        if (cpu > SECOND) {
            findings.add(name + ": took " + cpu / 1_000_000 + " ms");
        }
        if (allocated > ALLOWANCE) {
            findings.add(name + ": allocated " + allocated + " bytes beyond 4x " + file.length + ", " + refusal);
        }
        if (refusal != null) {
            refused.merge(refusal, 1, Integer::sum);
            return;
        }
        accepted++;
        try {
            readAll(model);
        } catch (RuntimeException | Error | IOException e) {
            findings.add(name + ", accepted: " + trace(e));
        }
    }

    /** Everything a user of the model could ask for; and the same model once more from what a writer makes of it. */
    private static void readAll(Model model) throws IOException {
        byte[] written = write(model);
        require(Arrays.equals(write(Forgery.read(written)), written), "it changes when it is written and read again");
        for (Matrix matrix : matrices(model)) {
            require(matrix.toFloats().length == matrix.rows() * matrix.columns(), "a matrix has another size");
        }
        require(model.tensors().size() > model.layers().size(), "tensors are missing");
        require(String.join("", model.tokenizer().vocabulary()).contains("[CLS]"), "a token is missing");
    }

    /** Cheaper than AssertJ, some million times. */
    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }

    private static byte[] write(Model model) throws IOException {
        ManifestEncoder encoder = new ManifestEncoder(model);
        List<byte[]> payloads = encoder.payloads().stream().map(payload -> payload.toArray(ValueLayout.JAVA_BYTE)).toList();
        return Forgery.assemble(encoder.manifest(), payloads, true);
    }

    private static List<Matrix> matrices(Model model) {
        List<Matrix> matrices = new ArrayList<>(
                List.of(model.embeddings().word(), model.embeddings().position(), model.embeddings().tokenType()));
        model.layers().forEach(layer -> layer.linears().forEach(linear -> matrices.add(linear.weight())));
        model.head().pooler().ifPresent(pooler -> matrices.add(pooler.weight()));
        matrices.add(model.head().classifier().weight());
        return matrices;
    }

    private static String trace(Throwable thrown) {
        StringBuilder trace = new StringBuilder(thrown.toString());
        for (int i = 0; i < Math.min(8, thrown.getStackTrace().length); i++) {
            trace.append("\n    at ").append(thrown.getStackTrace()[i]);
        }
        return trace.toString();
    }
}
