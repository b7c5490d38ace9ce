package dev.filigree.pruner.cli;

import dev.filigree.pruner.train.PlannedPhase;
import java.util.List;
import java.util.OptionalDouble;

/** How fast a phase goes, and how long it and the phases after it will take at that speed. Not thread-safe. */
final class TimeLeft {
    private List<PlannedPhase> planned = List.of();
    private String phase = "";
    private long start;
    private int firstStep;
    private int step;
    private int steps;
    private long now;

    void plan(List<PlannedPhase> phases) {
        planned = List.copyOf(phases);
    }

    /** Notes a step that was just done; the first one seen of a phase, which after a restart is not its first, is where time begins. */
    void step(String name, int done, int of, long nanoTime) {
        if (!name.equals(phase)) {
            phase = name;
            start = nanoTime;
            firstStep = done;
        }
        step = done;
        steps = of;
        now = nanoTime;
    }

    /** Seconds since the phase's first step was seen. */
    double seconds() {
        return (now - start) / 1e9;
    }

    /** Steps in a second, once two are done. */
    OptionalDouble speed() {
        return step > firstStep && now > start ? OptionalDouble.of((step - firstStep) / seconds()) : OptionalDouble.empty();
    }

    /** Seconds that the phase will yet take. */
    OptionalDouble ofPhase() {
        return speed().isPresent() ? OptionalDouble.of((steps - step) / speed().getAsDouble()) : OptionalDouble.empty();
    }

    /** Seconds that all training will yet take, if more is planned after this phase. What is between the phases is not counted. */
    OptionalDouble ofRun() {
        int index = planned.stream().map(PlannedPhase::name).toList().indexOf(phase);
        if (index < 0 || index == planned.size() - 1 || speed().isEmpty()) {
            return OptionalDouble.empty();
        }
        double costPerSecond = speed().getAsDouble() * planned.get(index).cost();
        double later = planned.subList(index + 1, planned.size()).stream().mapToDouble(next -> next.steps() * next.cost()).sum();
        return OptionalDouble.of(ofPhase().getAsDouble() + later / costPerSecond);
    }
}
