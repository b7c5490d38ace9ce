package dev.filigree.server.openinference;

import java.util.List;

/** An output of an answer; its elements lie row by row. */
public sealed interface OutputTensor {
    /** Which output. */
    Output output();

    /** Its dimensions. */
    List<Integer> shape();

    /**
     * Of texts.
     *
     * @param data one for each input
     */
    record Texts(Output output, List<Integer> shape, List<String> data) implements OutputTensor {}

    /**
     * Of floats.
     *
     * @param data {@code [inputs, labels]}; not to be changed
     */
    record Floats(Output output, List<Integer> shape, float[] data) implements OutputTensor {}

    /**
     * Of booleans.
     *
     * @param data one for each input; not to be changed
     */
    record Flags(Output output, List<Integer> shape, boolean[] data) implements OutputTensor {}
}
