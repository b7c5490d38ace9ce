package dev.filigree.pruner.train;

import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * How a phase of a run went.
 *
 * @param phase its name
 * @param steps how many it has
 * @param points in order; of a long phase each stands for several steps
 */
public record Curve(String phase, int steps, List<Point> points) {
    /** Copies the list. */
    public Curve {
        points = List.copyOf(points);
    }

    /**
     * Neighbouring steps together.
     *
     * @param step the last of them, from 1
     * @param loss their mean
     * @param residuals the last figures of the pruning method, by name
     */
    public record Point(int step, double loss, SequencedMap<String, Double> residuals) {
        private void save(StateWriter out) throws IOException {
            out.number("step", step);
            out.real("loss", loss);
            saveResiduals(out, residuals);
        }

        private static Point restored(StateReader in) throws IOException {
            return new Point(Math.toIntExact(in.number("step")), in.real("loss"), restoredResiduals(in));
        }
    }

    private static void saveResiduals(StateWriter out, Map<String, Double> residuals) throws IOException {
        out.text("names", String.join("\n", residuals.keySet()));
        out.doubles("residuals", residuals.values().stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static SequencedMap<String, Double> restoredResiduals(StateReader in) throws IOException {
        String[] names = in.text("names").split("\n");
        double[] values = in.doubles("residuals");
        SequencedMap<String, Double> residuals = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            residuals.put(names[i], values[i]);
        }
        return residuals;
    }

    /** Collects a phase in bounded memory: when there are too many points, neighbours become one. Not thread-safe. */
    static final class Builder {
        private static final int MOST_POINTS = 256;

        private final String phase;
        private final int steps;
        private final List<Point> points = new ArrayList<>();
        private int stepsInPoint = 1;
        private int pending;
        private double sum;
        private int lastStep;
        private Map<String, Double> lastResiduals = Map.of();

        Builder(String phase, int steps) {
            this.phase = phase;
            this.steps = steps;
        }

        void add(int step, double loss, Map<String, Double> residuals) {
            sum += loss;
            pending++;
            lastStep = step;
            lastResiduals = residuals;
            if (pending == stepsInPoint) {
                points.add(point());
                sum = 0;
                pending = 0;
            }
            if (points.size() == MOST_POINTS) {
                for (int i = 0; i < MOST_POINTS / 2; i++) {
                    Point first = points.get(2 * i);
                    Point second = points.get(2 * i + 1);
                    points.set(i, new Point(second.step(), (first.loss() + second.loss()) / 2, second.residuals()));
                }
                points.subList(MOST_POINTS / 2, MOST_POINTS).clear();
                stepsInPoint *= 2;
            }
        }

        void save(StateWriter out) throws IOException {
            out.text("phase", phase);
            out.number("steps", steps);
            out.number("points", points.size());
            for (Point point : points) {
                point.save(out);
            }
            out.number("steps in a point", stepsInPoint);
            out.number("pending", pending);
            out.real("sum", sum);
            out.number("last step", lastStep);
            saveResiduals(out, lastResiduals);
        }

        static Builder restored(StateReader in) throws IOException {
            Builder builder = new Builder(in.text("phase"), Math.toIntExact(in.number("steps")));
            long count = in.number("points");
            for (long i = 0; i < count; i++) {
                builder.points.add(Point.restored(in));
            }
            builder.stepsInPoint = Math.toIntExact(in.number("steps in a point"));
            builder.pending = Math.toIntExact(in.number("pending"));
            builder.sum = in.real("sum");
            builder.lastStep = Math.toIntExact(in.number("last step"));
            builder.lastResiduals = restoredResiduals(in);
            return builder;
        }

        String phase() {
            return phase;
        }

        /** Steps that make no whole point yet are the last point: a phase may end before its time. */
        Curve build() {
            List<Point> all = new ArrayList<>(points);
            if (pending > 0) {
                all.add(point());
            }
            return new Curve(phase, steps, all);
        }

        private Point point() {
            return new Point(lastStep, sum / pending, new LinkedHashMap<>(lastResiduals));
        }
    }
}
