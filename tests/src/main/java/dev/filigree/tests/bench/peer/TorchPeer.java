package dev.filigree.tests.bench.peer;

import ai.djl.engine.EngineException;
import dev.filigree.format.Model;
import dev.filigree.pruner.export.HuggingFaceExport;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.EncodedExample;
import dev.filigree.pruner.train.HeadSpec;
import dev.filigree.pruner.train.TorchEngine;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * PyTorch through DJL's PyTorch engine, operator by operator, in fp32: the trainer's forward pass, of which nothing is recorded for a
 * gradient. PyTorch's threads are one setting of the process: the peer that was opened last has it.
 */
final class TorchPeer implements Peer {
    private final BertClassifier model;

    private TorchPeer(Model model, int threads) {
        HeadSpec head = new HeadSpec(
                model.head().pooling(), model.head().classifier().weight().rows(), model.task().regression());
        this.model = new BertClassifier(TorchEngine.start(threads), model.shape(), head, HuggingFaceExport.weights(model), 0);
    }

    static TorchPeer open(Model model, int threads) throws PeerAbsentException {
        try {
            return new TorchPeer(model, threads);
        } catch (EngineException | UnsatisfiedLinkError e) {
            throw new PeerAbsentException("PyTorch's native library is not there (" + e.getMessage() + ").");
        }
    }

    @Override
    public String name() {
        return PeerKind.DJL_PYTORCH.label();
    }

    @Override
    public float[] run(TokenBatch batch) {
        List<EncodedExample> examples = IntStream.range(0, batch.sequences())
                .mapToObj(s -> new TokenizedText(
                        Arrays.copyOfRange(batch.ids(), batch.offsets()[s], batch.offsets()[s + 1]),
                        Arrays.copyOfRange(batch.types(), batch.offsets()[s], batch.offsets()[s + 1]), false))
                .map(text -> new EncodedExample(text, 0))
                .toList();
        return model.logits(examples);
    }

    @Override
    public void close() {
        model.close();
    }
}
