package dev.filigree.pruner.train;

import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2) with bias correction, over master weights. Each weight matrix may carry
 * an {@link UpdateRule}. On a CPU the arithmetic runs in Java, on a GPU in PyTorch's operations there. Its state is the number of steps
 * and the moments: rules are set anew by who set them. Holds native memory on a GPU until closed.
 */
public final class AdamW implements Checkpointed, AutoCloseable {
    private final Settings settings;
    private final Map<Parameter, UpdateRule> rules = new LinkedHashMap<>();
    private final Moments moments;
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

    /**
     * What is the same for every weight in one step.
     *
     * @param gradientScale factor on every gradient of the loss
     * @param stepSize the learning rate over {@code 1 - beta1^step}, which corrects the first moment
     * @param secondCorrection factor on the root of the second moment, {@code 1 / sqrt(1 - beta2^step)}
     */
    record Factors(Settings settings, float learningRate, float gradientScale, float stepSize, float secondCorrection) {
        Factors(Settings settings, int step, double learningRate, double gradientScale) {
            this(settings, (float) learningRate, (float) gradientScale,
                    (float) (learningRate / (1 - Math.pow(settings.beta1, step))),
                    (float) (1 / Math.sqrt(1 - Math.pow(settings.beta2, step))));
        }

        /** Factor on the weights of a parameter that decays them. */
        float decay(Parameter parameter) {
            return parameter.isMatrix() ? 1 - learningRate * settings.weightDecay : 1;
        }
    }

    /** The moments of all parameters, and the arithmetic where they live. */
    interface Moments {
        /** A rule is in force from now on. */
        void ruled(Parameter parameter, UpdateRule rule);

        /** The Euclidean norm of all gradients that may move a weight. */
        double gradientNorm(Map<Parameter, UpdateRule> rules);

        /** Updates every weight and publishes it. */
        void step(Factors factors, Map<Parameter, UpdateRule> rules);

        /** A copy of the first moment, or the moment itself. */
        float[] first(Parameter parameter);

        /** A copy of the second moment, or the moment itself. */
        float[] second(Parameter parameter);

        /** Puts moments in place, which may be what {@link #first} and {@link #second} gave. */
        void set(Parameter parameter, float[] first, float[] second);

        /** Frees native memory. */
        void close();
    }

    /** Starts with zero moments for every trainable parameter among those given. */
    public AdamW(Settings settings, Collection<Parameter> parameters) {
        this.settings = settings;
        List<Parameter> trained = parameters.stream().filter(Parameter::trainable).toList();
        trained.forEach(parameter -> rules.put(parameter, new UpdateRule.Free()));
        boolean onDevice = trained.stream().anyMatch(parameter -> parameter.device().isPresent());
        this.moments = onDevice ? new DeviceMoments(trained) : new HostMoments(trained);
    }

    /** Puts a rule in force for one parameter from the next step on; its moments stay. */
    public void setRule(Parameter parameter, UpdateRule rule) {
        if (!rules.containsKey(parameter)) {
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
            default -> {
                rules.put(parameter, rule);
                moments.ruled(parameter, rule);
            }
        }
    }

    /** The trained parameters. */
    public Collection<Parameter> parameters() {
        return List.copyOf(rules.keySet());
    }

    /** The Euclidean norm of the loss's gradients over all weights that they may move: under a fixed mask, those that it keeps. */
    public double gradientNorm() {
        return moments.gradientNorm(rules);
    }

    /**
     * Updates every weight from its gradient, publishes it to PyTorch and zeroes the gradient.
     *
     * @param learningRate of this step
     * @param gradientScale factor on every gradient, below 1 where the norm is clipped
     */
    public void step(double learningRate, double gradientScale) {
        step++;
        moments.step(new Factors(settings, step, learningRate, gradientScale), rules);
        for (Parameter parameter : rules.keySet()) {
            parameter.publishWritten();
            parameter.zeroGradient();
        }
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.number("optimizer.step", step);
        for (Parameter parameter : rules.keySet()) {
            out.floats(parameter.name() + ".first", moments.first(parameter));
            out.floats(parameter.name() + ".second", moments.second(parameter));
        }
    }

    @Override
    public void restore(StateReader in) throws IOException {
        step = Math.toIntExact(in.number("optimizer.step"));
        for (Parameter parameter : rules.keySet()) {
            float[] first = moments.first(parameter);
            float[] second = moments.second(parameter);
            in.floats(parameter.name() + ".first", first);
            in.floats(parameter.name() + ".second", second);
            moments.set(parameter, first, second);
        }
    }

    @Override
    public void close() {
        moments.close();
    }
}
