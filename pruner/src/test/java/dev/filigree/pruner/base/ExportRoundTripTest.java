package dev.filigree.pruner.base;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.export.HuggingFaceExport;
import dev.filigree.pruner.export.OnnxExport;
import dev.filigree.pruner.export.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is exported can be imported again. */
class ExportRoundTripTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Pooling.class)
    void anExportedFolderIsReadBackUnchanged(Pooling pooling) throws IOException {
        EncoderShape shape = new EncoderShape(24, 2, 3, 37, 53, 19, 2, 1e-7f);
        Model model = TinyModels.model(shape, Sparsity.parse("2:4@4"), DType.INT8, pooling, 3, 3);
        HuggingFaceExport.write(model, HuggingFaceExport.Values.FP32, folder);
        BaseModel read = BaseModels.folder(folder);
        assertThat(read.shape()).isEqualTo(shape);
        assertThat(read.tokenizer()).isEqualTo(model.tokenizer());
        assertThat(read.pooling()).isEqualTo(pooling);
        assertThat(read.classifier()).contains(new BaseModel.Labels(model.task().labels(), false));
        assertThat(read.weights()).hasSize(5 + 2 * 8 * 2 + (pooling == Pooling.POOLER ? 2 : 0) + 2);
        assertThat(read.weights().get("encoder.layer.1.output.dense.weight")).isEqualTo(model.layers().get(1).ffnOut().weight().toFloats());
        assertThat(read.weights().get("embeddings.LayerNorm.bias")).isEqualTo(model.embeddings().norm().beta());
        assertThat(read.weights().get("classifier.weight")).isEqualTo(model.head().classifier().weight().toFloats());
        assertThat(read.weights().get("classifier.bias")).isEqualTo(model.head().classifier().bias());
    }

    @Test
    void anExportedEncoderIsReadBackUnchanged() throws BaseModelException {
        EncoderShape shape = new EncoderShape(24, 2, 3, 37, 53, 19, 2, 1e-7f);
        Model model = TinyModels.model(shape, Sparsity.parse("2:4@4"), DType.FP32, Pooling.POOLER, 2, 3);
        Encoder encoder = OnnxBert.read(OnnxGraph.parse(OnnxExport.dense(model), "model.onnx"));
        assertThat(encoder.shape()).isEqualTo(shape);
        assertThat(encoder.weights().get("embeddings.word_embeddings.weight")).isEqualTo(model.embeddings().word().toFloats());
        for (int i = 0; i < shape.layers(); i++) {
            EncoderLayer layer = model.layers().get(i);
            String name = "encoder.layer." + i + ".";
            assertThat(encoder.weights().get(name + "attention.self.value.weight")).isEqualTo(layer.value().weight().toFloats());
            assertThat(encoder.weights().get(name + "intermediate.dense.weight")).isEqualTo(layer.ffnIn().weight().toFloats());
            assertThat(encoder.weights().get(name + "output.dense.bias")).isEqualTo(layer.ffnOut().bias());
            assertThat(encoder.weights().get(name + "output.LayerNorm.weight")).isEqualTo(layer.outputNorm().gamma());
        }
    }
}
