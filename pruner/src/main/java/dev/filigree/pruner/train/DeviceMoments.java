package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Moments beside the master weights on PyTorch's device: a step is a dozen operations there for each parameter, and nothing is copied. */
final class DeviceMoments implements AdamW.Moments {
    private final NDManager manager;
    private final Map<Parameter, State> states = new LinkedHashMap<>();

    DeviceMoments(List<Parameter> parameters) {
        this.manager = parameters.getFirst().device().orElseThrow().manager().newSubManager();
        parameters.forEach(parameter -> states.put(parameter, new State(parameter.device().orElseThrow())));
    }

    @Override
    public void ruled(Parameter parameter, UpdateRule rule) {
        State state = states.get(parameter);
        state.target.ifPresent(NDArray::close);
        state.target = rule instanceof UpdateRule.Proximal(float _, float[] target)
                ? Optional.of(manager.create(target, state.first.getShape()))
                : Optional.empty();
    }

    @Override
    public double gradientNorm(Map<Parameter, UpdateRule> rules) {
        try (NDManager scratch = manager.newSubManager()) {
            NDList norms = new NDList();
            for (Parameter parameter : states.keySet()) {
                NDArray gradient = gradient(parameter, rules.get(parameter), scratch);
                norms.add(gradient.norm().reshape(new Shape(1)));
            }
            double sum = 0;
            // One copy for all: each would wait for the device.
            for (float norm : NDArrays.concat(norms).toFloatArray()) {
                sum += (double) norm * norm;
            }
            return Math.sqrt(sum);
        }
    }

    @Override
    public void step(AdamW.Factors factors, Map<Parameter, UpdateRule> rules) {
        for (Map.Entry<Parameter, State> entry : states.entrySet()) {
            try (NDManager scratch = manager.newSubManager()) {
                Parameter parameter = entry.getKey();
                UpdateRule rule = rules.get(parameter);
                NDArray gradient = gradient(parameter, rule, scratch);
                entry.getValue().update(factors, factors.decay(parameter), rule, gradient);
            }
        }
    }

    /** What may move the weights, in an array of the scratch manager's. */
    private static NDArray gradient(Parameter parameter, UpdateRule rule, NDManager scratch) {
        NDArray gradient = parameter.gradient();
        // Results belong to the manager of what they are computed from.
        gradient.attach(scratch);
        return rule instanceof UpdateRule.FixedMask ? gradient.mul(parameter.device().orElseThrow().mask().orElseThrow()) : gradient;
    }

    @Override
    public float[] first(Parameter parameter) {
        return DeviceWeights.values(states.get(parameter).first);
    }

    @Override
    public float[] second(Parameter parameter) {
        return DeviceWeights.values(states.get(parameter).second);
    }

    @Override
    public void set(Parameter parameter, float[] first, float[] second) {
        states.get(parameter).first.set(FloatBuffer.wrap(first));
        states.get(parameter).second.set(FloatBuffer.wrap(second));
    }

    @Override
    public void close() {
        manager.close();
    }

    /** Moments of one parameter, and what a proximal rule draws it to. */
    private final class State {
        private final DeviceWeights weights;
        private final NDArray first;
        private final NDArray second;
        private Optional<NDArray> target = Optional.empty();

        State(DeviceWeights weights) {
            this.weights = weights;
            this.first = manager.zeros(weights.master().getShape());
            this.second = manager.zeros(weights.master().getShape());
        }

        void update(AdamW.Factors factors, float decay, UpdateRule rule, NDArray gradient) {
            NDArray master = weights.master();
            switch (rule) {
                case UpdateRule.Free() -> adam(factors, decay, gradient);
                case UpdateRule.FixedMask() -> {
                    adam(factors, decay, gradient);
                    List.of(master, first, second).forEach(array -> array.muli(weights.mask().orElseThrow()));
                }
                case UpdateRule.StraightThrough(float lambda) -> {
                    float rate = factors.learningRate() * lambda;
                    try (NDArray kept = weights.mask().orElseThrow().mul(rate)) {
                        master.muli(kept.addi(1 - rate));
                    }
                    adam(factors, decay, gradient);
                }
                case UpdateRule.Proximal(float rho, float[] _) -> {
                    // The pull is not clipped with the gradient of the loss: it is scaled by the inverse of what the update scales by.
                    try (NDArray pull = master.sub(target.orElseThrow())) {
                        adam(factors, decay, gradient.addi(pull.muli(rho / factors.gradientScale())));
                    }
                }
            }
            weights.publishStep();
        }

        /** DJL's update adds epsilon before the second moment's correction, so that the correction goes into step size and epsilon. */
        private void adam(AdamW.Factors factors, float decay, NDArray gradient) {
            AdamW.Settings settings = factors.settings();
            JniUtils.adamUpdate((PtNDArray) weights.master(), (PtNDArray) gradient, (PtNDArray) first, (PtNDArray) second,
                    1, factors.stepSize() / factors.secondCorrection(), 1 - decay, factors.gradientScale(), -1,
                    settings.beta1(), settings.beta2(), settings.epsilon() / factors.secondCorrection(), true);
        }
    }
}
