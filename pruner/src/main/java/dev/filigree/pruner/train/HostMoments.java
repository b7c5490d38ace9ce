package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import dev.filigree.pruner.pattern.Parallel;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Moments in Java, over leaves in the CPU's memory. The arithmetic runs on short copies of each range in loops that the compiler turns into
 * vector instructions.
 */
final class HostMoments implements AdamW.Moments {
    /** Floats worked on at once: five such arrays stay in a 32 KiB first-level cache. */
    private static final int RANGE = 1024;
    /** Floats of one task: enough to be worth handing to another thread. */
    private static final int TASK = 64 * RANGE;

    private final Map<Parameter, State> states = new LinkedHashMap<>();

    HostMoments(List<Parameter> parameters) {
        parameters.forEach(parameter -> states.put(parameter, new State(parameter)));
    }

    @Override
    public void ruled(Parameter parameter, UpdateRule rule) {}

    @Override
    public double gradientNorm(Map<Parameter, UpdateRule> rules) {
        double sum = 0;
        for (State state : states.values()) {
            try (NDArray gradient = state.parameter.gradient()) {
                sum += rules.get(state.parameter) instanceof UpdateRule.FixedMask
                        ? state.keptSquares(values(gradient))
                        : squares(gradient);
            }
        }
        return Math.sqrt(sum);
    }

    @Override
    public void step(AdamW.Factors factors, Map<Parameter, UpdateRule> rules) {
        List<NDArray> gradients = new ArrayList<>();
        try {
            List<Runnable> ranges = new ArrayList<>();
            for (State state : states.values()) {
                NDArray gradient = state.parameter.gradient();
                gradients.add(gradient);
                FloatBuffer buffer = values(gradient);
                UpdateRule rule = rules.get(state.parameter);
                for (int from = 0; from < state.parameter.size(); from += TASK) {
                    int start = from;
                    int end = Math.min(state.parameter.size(), from + TASK);
                    ranges.add(() -> state.update(factors, rule, buffer, start, end));
                }
            }
            Parallel.forRanges(ranges.size(), 1, (from, to) -> ranges.subList(from, to).forEach(Runnable::run));
        } finally {
            gradients.forEach(NDArray::close);
        }
    }

    @Override
    public float[] first(Parameter parameter) {
        return states.get(parameter).first;
    }

    @Override
    public float[] second(Parameter parameter) {
        return states.get(parameter).second;
    }

    @Override
    public void set(Parameter parameter, float[] first, float[] second) {
        State state = states.get(parameter);
        System.arraycopy(first, 0, state.first, 0, first.length);
        System.arraycopy(second, 0, state.second, 0, second.length);
    }

    @Override
    public void close() {}

    /** The array's own memory, row-major. */
    private static FloatBuffer values(NDArray array) {
        return array.toByteBuffer(true).asFloatBuffer();
    }

    private static double squares(NDArray gradient) {
        try (NDArray norm = gradient.norm()) {
            double value = norm.getFloat();
            return value * value;
        }
    }

    /** Moments of one parameter. */
    private static final class State {
        private final Parameter parameter;
        private final float[] first;
        private final float[] second;

        State(Parameter parameter) {
            this.parameter = parameter;
            this.first = new float[parameter.size()];
            this.second = new float[parameter.size()];
        }

        double keptSquares(FloatBuffer gradient) {
            float[] mask = parameter.mask().orElseThrow();
            float[] g = new float[RANGE];
            double sum = 0;
            for (int from = 0; from < mask.length; from += RANGE) {
                int n = Math.min(RANGE, mask.length - from);
                gradient.get(from, g, 0, n);
                for (int i = 0; i < n; i++) {
                    double kept = g[i] * mask[from + i];
                    sum += kept * kept;
                }
            }
            return sum;
        }

        void update(AdamW.Factors factors, UpdateRule rule, FloatBuffer gradient, int start, int end) {
            float[] g = new float[RANGE];
            float[] w = new float[RANGE];
            float[] m = new float[RANGE];
            float[] v = new float[RANGE];
            float[] mask = new float[RANGE];
            Arrays.fill(mask, 1);
            float decay = factors.decay(parameter);
            for (int from = start; from < end; from += RANGE) {
                int n = Math.min(RANGE, end - from);
                gradient.get(from, g, 0, n);
                System.arraycopy(parameter.weights(), from, w, 0, n);
                System.arraycopy(first, from, m, 0, n);
                System.arraycopy(second, from, v, 0, n);
                if (parameter.mask().isPresent()) {
                    System.arraycopy(parameter.mask().get(), from, mask, 0, n);
                }
                scale(g, factors.gradientScale(), n);
                switch (rule) {
                    case UpdateRule.Free() -> adam(factors, decay, w, g, m, v, n);
                    case UpdateRule.FixedMask() -> {
                        multiply(g, mask, n);
                        adam(factors, decay, w, g, m, v, n);
                        multiply(w, mask, n);
                        multiply(m, mask, n);
                        multiply(v, mask, n);
                    }
                    case UpdateRule.StraightThrough(float lambda) -> {
                        shrinkDropped(w, mask, factors.learningRate() * lambda, n);
                        adam(factors, decay, w, g, m, v, n);
                    }
                    case UpdateRule.Proximal(float rho, float[] target) -> {
                        pull(g, w, target, from, rho, n);
                        adam(factors, decay, w, g, m, v, n);
                    }
                }
                System.arraycopy(w, 0, parameter.weights(), from, n);
                System.arraycopy(m, 0, first, from, n);
                System.arraycopy(v, 0, second, from, n);
                multiply(w, mask, n);
                parameter.publish(from, n, w);
            }
        }

        private static void adam(AdamW.Factors factors, float decay, float[] w, float[] g, float[] m, float[] v, int n) {
            float beta1 = factors.settings().beta1();
            float beta2 = factors.settings().beta2();
            float new1 = 1 - beta1;
            float new2 = 1 - beta2;
            float size = factors.stepSize();
            float correction = factors.secondCorrection();
            float epsilon = factors.settings().epsilon();
            for (int i = 0; i < n; i++) {
                float mean = beta1 * m[i] + new1 * g[i];
                float square = beta2 * v[i] + new2 * g[i] * g[i];
                m[i] = mean;
                v[i] = square;
                w[i] = decay * w[i] - size * mean / ((float) Math.sqrt(square) * correction + epsilon);
            }
        }

        private static void scale(float[] g, float factor, int n) {
            for (int i = 0; i < n; i++) {
                g[i] *= factor;
            }
        }

        private static void multiply(float[] x, float[] mask, int n) {
            for (int i = 0; i < n; i++) {
                x[i] = x[i] * mask[i] + 0f;
            }
        }

        private static void shrinkDropped(float[] w, float[] mask, float rate, int n) {
            for (int i = 0; i < n; i++) {
                w[i] -= rate * (1 - mask[i]) * w[i];
            }
        }

        private static void pull(float[] g, float[] w, float[] target, int from, float rho, int n) {
            for (int i = 0; i < n; i++) {
                g[i] += rho * (w[i] - target[from + i]);
            }
        }
    }
}
