package dev.filigree.server.openinference;

import dev.filigree.runtime.Classification;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What a model gives for each input. */
public enum Output {
    /** The best label. */
    LABEL("label", Datatype.BYTES),
    /** Probability of each label; for a regression the one value. */
    SCORES("scores", Datatype.FP32),
    /** Raw output for each label. */
    LOGITS("logits", Datatype.FP32),
    /** Whether the input was cut to what the model reads. */
    TRUNCATED("truncated", Datatype.BOOL);

    private final String tensor;
    private final Datatype datatype;

    Output(String tensor, Datatype datatype) {
        this.tensor = tensor;
        this.datatype = datatype;
    }

    /** The output of a name. */
    static Optional<Output> named(String name) {
        return Arrays.stream(values()).filter(output -> output.tensor.equals(name)).findFirst();
    }

    /** All names, for a sentence. */
    static String names() {
        return Arrays.stream(values()).map(Output::tensor).collect(Collectors.joining(", "));
    }

    /** Its name in the protocol. */
    public String tensor() {
        return tensor;
    }

    /** Type of its elements. */
    public Datatype datatype() {
        return datatype;
    }

    TensorSpec spec(int labels) {
        return new TensorSpec(tensor, datatype, shape(-1, labels));
    }

    private List<Integer> shape(int inputs, int labels) {
        return datatype == Datatype.FP32 ? List.of(inputs, labels) : List.of(inputs);
    }

    /** This output of some answers, at least one. */
    OutputTensor of(List<Classification> answers) {
        List<Integer> shape = shape(answers.size(), answers.getFirst().labels().size());
        return switch (this) {
            case LABEL -> new OutputTensor.Texts(this, shape, answers.stream().map(Classification::label).toList());
            case SCORES -> new OutputTensor.Floats(this, shape, rows(answers, Classification::scores));
            case LOGITS -> new OutputTensor.Floats(this, shape, rows(answers, Classification::logits));
            case TRUNCATED -> {
                boolean[] truncated = new boolean[answers.size()];
                for (int i = 0; i < truncated.length; i++) {
                    truncated[i] = answers.get(i).truncated();
                }
                yield new OutputTensor.Flags(this, shape, truncated);
            }
        };
    }

    private static float[] rows(List<Classification> answers, Function<Classification, float[]> row) {
        int columns = answers.getFirst().labels().size();
        float[] all = new float[answers.size() * columns];
        for (int i = 0; i < answers.size(); i++) {
            System.arraycopy(row.apply(answers.get(i)), 0, all, i * columns, columns);
        }
        return all;
    }
}
