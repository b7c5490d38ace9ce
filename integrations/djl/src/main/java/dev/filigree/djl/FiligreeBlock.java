package dev.filigree.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractSymbolBlock;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import ai.djl.util.passthrough.PassthroughNDArray;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.TextInput;
import java.util.List;
import java.util.function.Function;

/**
 * The whole of a packed model: a list of pass-through arrays in, a list of as many out. An array that carries a {@link TextInput} is
 * answered by one that carries its {@link Classification}, one that carries a {@link String} by its embedding, a {@code float[hidden]};
 * a list is of one kind, and one call of the runtime answers all of it. Thread-safe.
 */
public final class FiligreeBlock extends AbstractSymbolBlock {
    private final LoadedModel model;

    FiligreeBlock(LoadedModel model) {
        this.model = model;
    }

    /** An array that carries an object from a translator to this block, or back. */
    static NDList carry(Object object) {
        return new NDList(new PassthroughNDArray(object));
    }

    /** What the one array of a list carries. */
    static Object carried(NDList list) {
        return carried(list.singletonOrThrow());
    }

    private static Object carried(NDArray array) {
        return array instanceof PassthroughNDArray carrier ? carrier.getObject() : array;
    }

    @Override
    protected NDList forwardInternal(ParameterStore parameters, NDList inputs, boolean training, PairList<String, Object> params) {
        List<Object> texts = inputs.stream().map(FiligreeBlock::carried).toList();
        if (texts.stream().allMatch(TextInput.class::isInstance)) {
            return answers(texts, TextInput.class, model.classifier()::classify);
        }
        if (texts.stream().allMatch(String.class::isInstance)) {
            return answers(texts, String.class, model.encoder()::embed);
        }
        throw new IllegalArgumentException("The engine Filigree computes on texts, not on arrays: let a translator put each TextInput, or"
                + " each String to embed, into a PassthroughNDArray of its own, all of one list of one kind.");
    }

    private static <T> NDList answers(List<Object> texts, Class<T> kind, Function<List<T>, ? extends List<?>> call) {
        NDList answers = new NDList(texts.size());
        call.apply(texts.stream().map(kind::cast).toList()).forEach(answer -> answers.add(new PassthroughNDArray(answer)));
        return answers;
    }

    /** None that DJL could train. */
    @Override
    public ParameterList getDirectParameters() {
        return new ParameterList();
    }

    /** One text, or the two of a pair. */
    @Override
    public PairList<String, Shape> describeInput() {
        return described("texts", new Shape(-1, model.task().pairs() ? 2 : 1));
    }

    /** The scores of a text, one a label. */
    @Override
    public PairList<String, Shape> describeOutput() {
        return described("scores", new Shape(-1, model.task().labels().size()));
    }

    private static PairList<String, Shape> described(String name, Shape shape) {
        PairList<String, Shape> described = new PairList<>();
        described.add(name, shape);
        return described;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
        return new Shape[] {new Shape(-1, model.task().labels().size())};
    }
}
