package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import dev.filigree.pruner.pattern.Parallel;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2) with bias correction, over master weights in Java. Each weight matrix
 * may carry an {@link UpdateRule}. The arithmetic runs on short copies of each range in loops that the compiler turns into vector
 * instructions, and its result does not depend on the number of threads. Its state is the number of steps and the moments: rules are
 * set anew by who set them.
 */
public final class AdamW implements Checkpointed {
    /** Floats worked on at once: five such arrays stay in a 32 KiB first-level cache. */
    private static final int RANGE = 1024;
    /** Floats of one task: enough to be worth handing to another thread. */
    private static final int TASK = 64 * RANGE;

    private final Settings settings;
    private final int threads;
    private final Map<Parameter, State> states = new LinkedHashMap<>();
    private int step;

    /**
     * The constants of the method.
     *
     * @param beta1 decay of the first moment
     * @param beta2 decay of the second moment
     * @param epsilon added to the root of the second moment
     * @param weightDecay decoupled decay of matrices, per unit of learning rate; vectors (biases, LayerNorms) do not decay
     */
    public record Settings(float beta1, float beta2, float epsilon, float weightDecay) {
        /** What BERT is fine-tuned with. */
        public static final Settings DEFAULT = new Settings(0.9f, 0.999f, 1e-8f, 0.01f);
    }

    /** Starts with zero moments for every trainable parameter among those given. */
    public AdamW(Settings settings, Collection<Parameter> parameters, int threads) {
        this.settings = settings;
        this.threads = threads;
        for (Parameter parameter : parameters) {
            if (parameter.trainable()) {
                states.put(parameter, new State(parameter));
            }
        }
    }

    /** Puts a rule in force for one parameter from the next step on; its moments stay. */
    public void setRule(Parameter parameter, UpdateRule rule) {
        State state = states.get(parameter);
        if (state == null) {
            throw new IllegalArgumentException(parameter.name() + " is not trained, so that no rule can apply to it.");
        }
        switch (rule) {
            case UpdateRule.Proximal proximal when proximal.target().length != parameter.size() ->
                throw new IllegalArgumentException(parameter.name() + ": the target has " + proximal.target().length
                        + " values, the weight " + parameter.size() + ".");
            case UpdateRule.FixedMask() when parameter.mask().isEmpty() ->
                throw new IllegalArgumentException(parameter.name() + " has no mask to hold.");
            case UpdateRule.StraightThrough(float _) when parameter.mask().isEmpty() ->
                throw new IllegalArgumentException(parameter.name() + " has no mask to train through.");
            default -> state.rule = rule;
        }
    }

    /** The trained parameters. */
    public Collection<Parameter> parameters() {
        return List.copyOf(states.keySet());
    }

    /** The Euclidean norm of the loss's gradients over all weights that they may move: under a fixed mask, those that it keeps. */
    public double gradientNorm() {
        double sum = 0;
        for (State state : states.values()) {
            try (NDArray gradient = state.parameter.gradient()) {
                sum += state.rule instanceof UpdateRule.FixedMask ? state.keptSquares(FloatView.of(gradient).buffer()) : squares(gradient);
            }
        }
        return Math.sqrt(sum);
    }

    private static double squares(NDArray gradient) {
        try (NDArray norm = gradient.norm()) {
            double value = norm.getFloat();
            return value * value;
        }
    }

    /**
     * Updates every weight from its gradient, publishes it to PyTorch and zeroes the gradient.
     *
     * @param learningRate of this step
     * @param gradientScale factor on every gradient, below 1 where the norm is clipped
     */
    public void step(double learningRate, double gradientScale) {
        step++;
        Factors factors = new Factors(settings, step, (float) learningRate, (float) gradientScale);
        List<NDArray> gradients = new ArrayList<>();
        try {
            List<Runnable> ranges = new ArrayList<>();
            for (State state : states.values()) {
                NDArray gradient = state.parameter.gradient();
                gradients.add(gradient);
                FloatBuffer buffer = FloatView.of(gradient).buffer();
                for (int from = 0; from < state.parameter.size(); from += TASK) {
                    int start = from;
                    int end = Math.min(state.parameter.size(), from + TASK);
                    ranges.add(() -> state.update(factors, buffer, start, end));
                }
            }
            if (threads == 1) {
                ranges.forEach(Runnable::run);
            } else {
                Parallel.forRanges(ranges.size(), 1, (from, to) -> ranges.subList(from, to).forEach(Runnable::run));
            }
        } finally {
            gradients.forEach(NDArray::close);
        }
        for (Parameter parameter : states.keySet()) {
            parameter.publishWritten();
            parameter.zeroGradient();
        }
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.number("optimizer.step", step);
        for (State state : states.values()) {
            out.floats(state.parameter.name() + ".first", state.first);
            out.floats(state.parameter.name() + ".second", state.second);
        }
    }

    @Override
    public void restore(StateReader in) throws IOException {
        step = Math.toIntExact(in.number("optimizer.step"));
        for (State state : states.values()) {
            in.floats(state.parameter.name() + ".first", state.first);
            in.floats(state.parameter.name() + ".second", state.second);
        }
    }

    /** Constants of one step. */
    private record Factors(float learningRate, float gradientScale, float beta1, float beta2, float epsilon, float decay,
            float stepSize, float secondCorrection) {
        Factors(Settings settings, int step, float learningRate, float gradientScale) {
            this(learningRate, gradientScale, settings.beta1, settings.beta2, settings.epsilon, 1 - learningRate * settings.weightDecay,
                    (float) (learningRate / (1 - Math.pow(settings.beta1, step))),
                    (float) (1 / Math.sqrt(1 - Math.pow(settings.beta2, step))));
        }
    }

    /** Moments and rule of one parameter. */
    private static final class State {
        private final Parameter parameter;
        private final float[] first;
        private final float[] second;
        private UpdateRule rule = new UpdateRule.Free();

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

        void update(Factors factors, FloatBuffer gradient, int start, int end) {
            float[] g = new float[RANGE];
            float[] w = new float[RANGE];
            float[] m = new float[RANGE];
            float[] v = new float[RANGE];
            float[] mask = new float[RANGE];
            Arrays.fill(mask, 1);
            float decay = parameter.isMatrix() ? factors.decay : 1;
            for (int from = start; from < end; from += RANGE) {
                int n = Math.min(RANGE, end - from);
                gradient.get(from, g, 0, n);
                System.arraycopy(parameter.weights(), from, w, 0, n);
                System.arraycopy(first, from, m, 0, n);
                System.arraycopy(second, from, v, 0, n);
                if (parameter.mask().isPresent()) {
                    System.arraycopy(parameter.mask().get(), from, mask, 0, n);
                }
                scale(g, factors.gradientScale, n);
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
                        shrinkDropped(w, mask, factors.learningRate * lambda, n);
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

        private static void adam(Factors factors, float decay, float[] w, float[] g, float[] m, float[] v, int n) {
            float beta1 = factors.beta1;
            float beta2 = factors.beta2;
            float new1 = 1 - beta1;
            float new2 = 1 - beta2;
            float size = factors.stepSize;
            float correction = factors.secondCorrection;
            float epsilon = factors.epsilon;
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
