package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.Linear;
import dev.filigree.format.ModelFile;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.GlueTaskData;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.pipeline.PruneOutcome;
import dev.filigree.pruner.pipeline.PrunePipeline;
import dev.filigree.pruner.pipeline.PruneSettings;
import dev.filigree.pruner.pipeline.Schedule;
import dev.filigree.pruner.pipeline.SparsityPlan;
import dev.filigree.pruner.pipeline.StoredTypes;
import dev.filigree.pruner.train.TrainingListener;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.GoldenCheck;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import dev.filigree.tests.bench.peer.Agreement;
import dev.filigree.tests.bench.peer.FiligreePeer;
import dev.filigree.tests.bench.peer.OrtPeer;
import dev.filigree.tests.bench.peer.Peer;
import dev.filigree.tests.bench.peer.PeerKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The main job in small: the real encoder, a few rows of the sample, a few steps of every phase, and then the file in every reader. */
class EndToEndTest {
    private static final Sparsity SPARSITY = Sparsity.parse("2:4@16");
    private static final double TOLERANCE = 1e-3;

    @TempDir
    private static Path folder;

    private static Path file;
    private static PruneOutcome outcome;
    private static List<TextInput> texts;

    @BeforeAll
    static void prune() throws IOException, InterruptedException {
        Path data = Files.createDirectories(folder.resolve("data").resolve(GlueTask.SST2.folder()));
        copyRows("train.tsv", 96, data);
        copyRows("dev.tsv", 48, data);
        Path out = Files.createDirectories(folder.resolve("out"));
        file = out.resolve("model.filigree");
        outcome = new PrunePipeline(new PruneSettings("all-MiniLM-L6-v2",
                new GlueTaskData(GlueTask.SST2, GlueData.directory(data.getParent())),
                SparsityPlan.all(SPARSITY), Optional.empty(), MethodChain.parse("obs,admm,sr-ste"), new Schedule(1, 4, 32, 1e-4, 1e-4), 96,
                128, StoredTypes.of(DType.INT8), 1, 2, Optional.of(out.resolve("dense.filigree")), file), TrainingListener.SILENT).run();
        texts = GlueData.sample().read(GlueTask.SST2, GlueSplit.DEV).examples().subList(0, 24).stream()
                .map(example -> TextInput.of(example.first()))
                .toList();
        ExampleModel.leave(file);
        ExampleModel.leavePairs();
    }

    private static void copyRows(String name, int rows, Path to) throws IOException {
        try (InputStream sample = GlueData.class.getResourceAsStream("/dev/filigree/pruner/sample/SST-2/" + name)) {
            List<String> lines = new String(sample.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
            Files.write(to.resolve(name), lines.subList(0, rows + 1));
        }
    }

    @Test
    void outputsAreWholeAndNothingElseIsLeft() throws IOException {
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder("model.filigree", "dense.filigree");
        }
        assertThat(outcome.packedBytes()).isEqualTo(Files.size(file)).isLessThan(outcome.denseBytes() * 60 / 100);
    }

    @Test
    void runtimeShowsTheTrainersLogits() throws IOException {
        // Of this machine's fastest kernels: with VNNI or AMX they round activations to 8 bits, and there are more exact ones.
        try (Classifier fastest = Classifier.builder().provider(Providers.CPU).open(file)) {
            boolean rounds = Providers.moreExact(fastest.provider()).isPresent();
            assertThat(outcome.logitDifference()).isLessThanOrEqualTo(rounds ? fastest.tolerance() : TOLERANCE);
        }
        // The golden examples hold the trainer's logits.
        try (Classifier exact = Classifier.builder().provider("reference").open(file)) {
            assertThat(Arrays.stream(GoldenCheck.gaps(exact)).max().orElseThrow()).isLessThanOrEqualTo(TOLERANCE);
        }
    }

    @Test
    void everyBlockObeysThePattern() throws IOException {
        try (ModelFile opened = ModelFile.open(file)) {
            for (EncoderLayer layer : opened.model().layers()) {
                for (Linear linear : layer.linears()) {
                    assertThat(linear.weight().sparsity()).isEqualTo(SPARSITY);
                    assertThat(mostInputsOfABlock(linear)).isLessThanOrEqualTo(SPARSITY.n());
                }
            }
        }
    }

    /** The largest number of inputs that any block of 16 stored rows by 4 inputs uses. */
    private static int mostInputsOfABlock(Linear linear) {
        SparseMatrix matrix = (SparseMatrix) linear.weight();
        int columns = matrix.columns();
        float[] weights = linear.weight().toFloats();
        int most = 0;
        for (int block = 0; block < linear.weight().rows(); block += SPARSITY.v()) {
            for (int group = 0; group < columns; group += SPARSITY.m()) {
                int used = 0;
                for (int row = block; row < block + SPARSITY.v(); row++) {
                    for (int j = 0; j < SPARSITY.m(); j++) {
                        used |= weights[matrix.originalRow(row) * columns + group + j] != 0 ? 1 << j : 0;
                    }
                }
                most = Math.max(most, Integer.bitCount(used));
            }
        }
        return most;
    }

    @Test
    void providersAgree() throws IOException {
        assertThat(largestGap(logits("vector"), logits("reference"))).isCloseTo(0, within(TOLERANCE));
    }

    @Test
    void onnxRuntimeAgreesOnTheExportedGraph() throws IOException {
        try (ModelFile opened = ModelFile.open(file); OrtPeer ort = OrtPeer.fp32(opened.model(), 1)) {
            WordPieceTokenizer tokenizer = new WordPieceTokenizer(opened.model().tokenizer());
            float[] logits = ort.run(TokenBatch.of(texts.stream().map(text -> tokenizer.encode(text.first())).toList()));
            assertThat(largestGap(logits, logits("vector"))).isCloseTo(0, within(TOLERANCE));
        }
    }

    /** Activations of 8 bits move the logits, but hardly an answer. */
    @Test
    void onnxRuntimeIsNearOnTheInt8Graph() throws IOException {
        try (ModelFile opened = ModelFile.open(file); OrtPeer ort = OrtPeer.int8(opened.model(), 1)) {
            WordPieceTokenizer tokenizer = new WordPieceTokenizer(opened.model().tokenizer());
            float[] expected = logits("vector");
            double sum = 0;
            for (int i = 0; i < texts.size(); i++) {
                float[] logits = ort.run(TokenBatch.of(List.of(tokenizer.encode(texts.get(i).first()))));
                assertThat(logits).hasSize(2);
                sum += Math.abs((logits[1] - logits[0]) - (expected[2 * i + 1] - expected[2 * i]));
            }
            assertThat(sum / texts.size()).isLessThan(0.2);
        }
    }

    @ParameterizedTest
    @EnumSource(PeerKind.class)
    void everyPeerOfTheBenchmarkComputesWhatWeDo(PeerKind kind) throws Exception {
        try (ModelFile opened = ModelFile.open(file);
                FiligreePeer ours = FiligreePeer.open("m", opened.model(), "vector", 1);
                Peer peer = kind.open(opened.model(), 1)) {
            List<TokenBatch> batches = List.of(TokenBatch.of(
                    texts.subList(0, 4).stream().map(text -> ours.classifier().tokenizer().encode(text.first())).toList()));
            Agreement agreement = kind.compare(peer, ours, batches);
            assertThat(agreement.gap()).isLessThanOrEqualTo(agreement.tolerance());
            assertThat(peer.name()).isEqualTo(kind.label());
        }
    }

    private static float[] logits(String provider) throws IOException {
        try (Classifier classifier = Classifier.builder().provider(provider).open(file)) {
            List<Classification> answers = classifier.classify(texts);
            float[] logits = new float[answers.size() * answers.getFirst().logits().length];
            for (int i = 0; i < answers.size(); i++) {
                float[] row = answers.get(i).logits();
                System.arraycopy(row, 0, logits, i * row.length, row.length);
            }
            return logits;
        }
    }

    private static double largestGap(float[] a, float[] b) {
        assertThat(a).hasSameSizeAs(b);
        double gap = 0;
        for (int i = 0; i < a.length; i++) {
            gap = Math.max(gap, Math.abs((double) a[i] - b[i]));
        }
        return gap;
    }
}
