package dev.filigree.server.openinference;

import dev.filigree.runtime.TextInput;
import dev.filigree.server.api.ClassifyService;
import dev.filigree.server.http.ApiException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a request for inference means to a model.
 *
 * @param query what is to be classified
 * @param outputs what is to be answered, in order
 */
record Inference(ClassifyService.Query query, List<Output> outputs) {
    /**
     * Checks a request against a model. Whatever is not known is refused, so that no wish is silently ignored.
     *
     * @throws ApiException when the request does not fit
     */
    static Inference of(InferRequest request, ModelSignature model) {
        boolean truncate = Parameters.truncate(request.parameters());
        List<Output> outputs = outputs(request.outputs());
        Map<String, InputTensor> given = byName(request.inputs(), model);
        List<List<String>> columns = model.inputs().stream().map(spec -> texts(given, spec, model)).toList();
        List<String> first = columns.getFirst();
        List<String> last = columns.getLast();
        if (first.size() != last.size()) {
            throw bad("wrong_shape", "The inputs " + model.inputNames() + " must hold the same number of texts, not "
                    + first.size() + " and " + last.size() + ".");
        }
        List<TextInput> inputs = IntStream.range(0, first.size())
                .mapToObj(i -> model.pairs() ? TextInput.of(first.get(i), last.get(i)) : TextInput.of(first.get(i)))
                .toList();
        return new Inference(new ClassifyService.Query(Optional.of(model.name()), inputs, truncate), outputs);
    }

    private static List<Output> outputs(List<InferRequest.Wanted> wanted) {
        if (wanted.isEmpty()) {
            return List.of(Output.values());
        }
        List<Output> outputs = new ArrayList<>();
        for (InferRequest.Wanted one : wanted) {
            Output output = Output.named(one.name()).orElseThrow(() -> bad(
                    "unknown_output", "There is no output '" + one.name() + "': known are " + Output.names() + "."));
            if (outputs.contains(output)) {
                throw bad("duplicate_output", "The output '" + one.name() + "' is asked for twice.");
            }
            Parameters.checkOutput(one);
            outputs.add(output);
        }
        return outputs;
    }

    private static Map<String, InputTensor> byName(List<? extends InputTensor> inputs, ModelSignature model) {
        Map<String, InputTensor> given = new LinkedHashMap<>();
        for (InputTensor input : inputs) {
            if (model.inputs().stream().noneMatch(spec -> spec.name().equals(input.name()))) {
                throw bad("unknown_input", "There is no input '" + input.name() + "': model '" + model.name() + "' takes "
                        + model.inputNames() + ".");
            }
            if (given.put(input.name(), input) != null) {
                throw bad("duplicate_input", "The input '" + input.name() + "' is given twice.");
            }
        }
        return given;
    }

    private static List<String> texts(Map<String, InputTensor> given, TensorSpec spec, ModelSignature model) {
        InputTensor input = Optional.ofNullable(given.get(spec.name())).orElseThrow(() -> bad(
                "missing_input", "The input '" + spec.name() + "' is missing: model '" + model.name() + "' takes "
                        + model.inputNames() + "."));
        if (!input.datatype().equals(spec.datatype().name())) {
            throw bad("wrong_datatype", "The input '" + input.name() + "' must be of datatype " + spec.datatype() + ", not '"
                    + input.datatype() + "'.");
        }
        Parameters.checkInput(input);
        List<Long> shape = input.shape();
        boolean column = shape.size() == 1 || shape.size() == 2 && shape.getLast() == 1;
        if (!column || shape.getFirst() < 0) {
            throw bad("wrong_shape", "The shape of the input '" + input.name() + "' must be [n] or [n, 1] for n texts, not " + shape + ".");
        }
        return input.texts(shape.getFirst());
    }

    private static ApiException bad(String code, String sentence) {
        return ApiException.badRequest(code, sentence);
    }
}
