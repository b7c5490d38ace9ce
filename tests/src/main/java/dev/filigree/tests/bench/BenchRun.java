package dev.filigree.tests.bench;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.nativecode.StageTimer;
import dev.filigree.tests.bench.Interleaved.Work;
import dev.filigree.tests.bench.peer.FiligreePeer;
import dev.filigree.tests.bench.report.BenchReport;
import dev.filigree.tests.bench.report.BenchReport.Case;
import dev.filigree.tests.bench.report.BenchReport.EngineFacts;
import dev.filigree.tests.bench.report.BenchReport.KernelLine;
import dev.filigree.tests.bench.report.BenchReport.LeftOut;
import dev.filigree.tests.bench.report.BenchReport.Peak;
import dev.filigree.tests.bench.report.BenchReport.StageTable;
import dev.filigree.tests.bench.report.BenchReport.TextCase;
import dev.filigree.tests.bench.roofline.LinearKernels;
import dev.filigree.tests.bench.roofline.Peaks;
import dev.filigree.tests.bench.roofline.StageMeter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One run of the benchmark: opens the engines for each number of threads, and measures what the plan says. */
final class BenchRun {
    private static final String HOT = "hot";
    private static final String COLD = "cold";

    private final BenchPlan plan;
    private final List<Engines.Weights> weights;
    private final List<EngineFacts> facts = new ArrayList<>();
    private final List<LeftOut> leftOut = new ArrayList<>();
    private final List<Case> cases = new ArrayList<>();
    private final List<TextCase> texts = new ArrayList<>();

    BenchRun(BenchPlan plan, List<Engines.Weights> weights) {
        this.plan = plan;
        this.weights = weights;
    }

    BenchReport run() {
        // Refuse what is too long before anything is measured.
        for (Engines.Weights file : weights) {
            plan.cases().forEach(shape -> Inputs.random(file.file().model(), shape.batch(), shape.seq()));
        }
        Optional<CacheFlush> flush = plan.cold() ? Optional.of(new CacheFlush()) : Optional.empty();
        for (int threads : plan.threads()) {
            try (Engines engines = Engines.open(weights, plan.variants(), plan.providers(), plan.peers(), threads)) {
                engines.facts().stream().filter(engine -> facts.stream().noneMatch(known -> known.name().equals(engine.name())))
                        .forEach(facts::add);
                engines.leftOut().stream().filter(out -> !leftOut.contains(out)).forEach(leftOut::add);
                encode(engines, flush);
                if (plan.text()) {
                    engines.ours().forEach(engine -> texts.addAll(TextBench.measure(engine, threads, plan)));
                }
            }
        }
        List<String> levels = (plan.stages() || plan.kernels()) && nativeKernels() ? StageTimer.levels(plan.providers()) : List.of();
        List<Peak> peaks = levels.isEmpty() ? List.of() : Peaks.measure();
        List<KernelLine> kernels = new ArrayList<>();
        List<StageTable> stages = new ArrayList<>();
        for (String level : levels) {
            if (plan.kernels()) {
                kernels.addAll(LinearKernels.measure(level, plan.rounds(), plan.warmupNanos(), peaks));
            }
            if (plan.stages()) {
                stages.addAll(stages(level, peaks));
            }
        }
        return new BenchReport(MachineFacts.here(), plan.rounds(), flush.map(CacheFlush::bytes).orElse(0L), facts, leftOut, cases, texts,
                peaks, kernels, stages);
    }

    private void encode(Engines engines, Optional<CacheFlush> flush) {
        for (CaseShape shape : plan.cases()) {
            List<Work> works = engines.all().stream()
                    .map(engine -> {
                        // Ids of the smallest vocabulary are ids of all.
                        TokenBatch input = Inputs.random(smallest(), shape.batch(), shape.seq());
                        return new Work(engine.name(), () -> engine.run(input));
                    })
                    .toList();
            cases.add(new Case(shape.batch(), shape.seq(), engines.threads(), HOT,
                    Interleaved.hot(works, plan.rounds(), plan.warmupNanos())));
            flush.ifPresent(caches -> cases.add(new Case(shape.batch(), shape.seq(), engines.threads(), COLD,
                    Interleaved.cold(works, plan.rounds(), 0, caches))));
        }
    }

    private Model smallest() {
        return weights.stream()
                .map(file -> file.file().model())
                .min((a, b) -> Integer.compare(a.shape().vocabulary(), b.shape().vocabulary()))
                .orElseThrow();
    }

    private boolean nativeKernels() {
        Optional<String> refusal = StageTimer.refusal();
        refusal.ifPresent(reason -> leftOut.add(new LeftOut("native stages and kernels", reason)));
        return refusal.isEmpty();
    }

    private List<StageTable> stages(String level, List<Peak> peaks) {
        List<StageTable> tables = new ArrayList<>();
        for (Engines.Weights file : weights) {
            Engines.distinct(file.file().model(), plan.variants()).forEach((variant, model) -> {
                try (StageMeter meter = StageMeter.open(FiligreePeer.weightsName(file.name(), variant), model, level)) {
                    for (CaseShape shape : plan.cases()) {
                        TokenBatch input = Inputs.random(smallest(), shape.batch(), shape.seq());
                        tables.add(meter.measure(input, plan.rounds(), plan.warmupNanos(), peaks));
                    }
                }
            });
        }
        return tables;
    }
}
