package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.filigree.format.Pooling;
import dev.filigree.pruner.base.BaseModel;
import dev.filigree.pruner.base.BaseModels;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MiniLmTest {
    /** A padded batch in PyTorch against each text alone in ONNX Runtime, on the weights of the Maven artifact. */
    @Test
    void hiddenStatesEqualThoseOfOnnxRuntime() throws IOException, OrtException {
        BaseModel base = BaseModels.named("all-MiniLM-L6-v2");
        Random random = new Random(9);
        List<EncodedExample> examples = Stream.of(3, 17, 40)
                .map(length -> new TokenizedText(random.ints(length, 0, base.shape().vocabulary()).toArray(), new int[length], false))
                .map(text -> new EncodedExample(text, 0))
                .toList();
        Batch batch = Batch.of(examples, List.of(0, 1, 2));
        HeadSpec head = new HeadSpec(Pooling.MEAN, 2, false);
        try (BertClassifier model = new BertClassifier(Tiny.engine(), base.shape(), head, base.weights(), 1);
                NDManager step = model.newStepManager();
                InputStream onnx = BaseModels.class.getClassLoader().getResourceAsStream("all-minilm-l6-v2.onnx");
                OrtSession session = OrtEnvironment.getEnvironment().createSession(onnx.readAllBytes(), new OrtSession.SessionOptions())) {
            float[] mine = model.forward(step, batch).hiddenStates().getLast().toFloatArray();
            for (int row = 0; row < batch.rows(); row++) {
                float[][] theirs = run(session, examples.get(row).text());
                for (int t = 0; t < theirs.length; t++) {
                    int at = (row * batch.width() + t) * base.shape().hidden();
                    float[] state = Arrays.copyOfRange(mine, at, at + base.shape().hidden());
                    assertThat(state).containsExactly(theirs[t], within(1e-4f));
                }
            }
        }
    }

    private static float[][] run(OrtSession session, TokenizedText text) throws OrtException {
        int[] ones = IntStream.range(0, text.ids().length).map(i -> 1).toArray();
        try (OnnxTensor ids = tensor(text.ids());
                OnnxTensor types = tensor(text.types());
                OnnxTensor mask = tensor(ones);
                OrtSession.Result result = session.run(Map.of("input_ids", ids, "token_type_ids", types, "attention_mask", mask))) {
            return ((float[][][]) result.get(0).getValue())[0];
        }
    }

    private static OnnxTensor tensor(int[] values) throws OrtException {
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), new long[][] {Arrays.stream(values).asLongStream().toArray()});
    }
}
