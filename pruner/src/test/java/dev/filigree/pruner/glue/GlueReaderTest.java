package dev.filigree.pruner.glue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.data.ExampleFile;
import dev.filigree.pruner.data.MalformedDataException;
import dev.filigree.pruner.data.MissingDataException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files in the exact layouts of the nine tasks, and files that are not. */
class GlueReaderTest {
    @TempDir
    Path folder;

    @Test
    void colaHasNoHeader() throws IOException {
        write("CoLA/dev.tsv", "xx1\t1\t\tThe kettle sings.\nxx2\t0\t*\tSings kettle the.\n");
        assertThat(read(GlueTask.COLA)).containsExactly(single("The kettle sings.", 1), single("Sings kettle the.", 0));
    }

    /** Not cleared: who is told of the failed read learns from the flag that it was a stop. */
    @Test
    void anInterruptEndsTheReading() throws IOException {
        write("SST-2/dev.tsv", "sentence\tlabel\nit drags\t0\n");
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(ClosedByInterruptException.class).isThrownBy(() -> read(GlueTask.SST2));
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void sst2() throws IOException {
        write("SST-2/dev.tsv", "sentence\tlabel\na delight from end to end \t1\nit drags\t0\n");
        assertThat(read(GlueTask.SST2)).containsExactly(single("a delight from end to end ", 1), single("it drags", 0));
    }

    @Test
    void mrpcStartsWithAByteOrderMarkAndQuotesAreOrdinary() throws IOException {
        write("MRPC/dev.tsv", "\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
                + "1\t7\t8\t\"Rain,\" he said.\t\"It rained.\n0\t9\t10\tA\tB\n");
        assertThat(read(GlueTask.MRPC)).containsExactly(pair("\"Rain,\" he said.", "\"It rained.", 1), pair("A", "B", 0));
    }

    @Test
    void stsbHasScores() throws IOException {
        String header = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n";
        write("STS-B/dev.tsv", header + "0\tg\tf\t2012\t1\tnone\tnone\tA cat runs.\tA cat sits.\t2.750\n"
                + "1\tg\tf\t2012\t2\tnone\tnone\tC\tD\t5\n");
        assertThat(read(GlueTask.STSB)).containsExactly(pair("A cat runs.", "A cat sits.", 2.75f), pair("C", "D", 5));
        for (String score : List.of("5.001", "-1", "NaN", "", "1e0")) {
            write("STS-B/dev.tsv", header + "0\tg\tf\t2012\t1\tnone\tnone\tA\tB\t" + score + "\n");
            assertMalformed(GlueTask.STSB, "line 2, column 10, holds '" + score + "' where a score from 0 to 5 is needed.");
        }
    }

    @Test
    void mnliColumnsDifferBetweenTrainAndDevAndRowsWithoutGoldLabelAreLeftOut() throws IOException {
        String common = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse"
                + "\tsentence1\tsentence2\tlabel1";
        write("MNLI/train.tsv", common + "\tgold_label\n0\t1\t1n\tg\t(\t(\t(\t(\tIt rains.\tIt is wet.\tneutral\tentailment\n");
        write("MNLI/dev_matched.tsv", common + "\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label\n"
                + "0\t1\t1n\tg\t(\t(\t(\t(\tIt rains.\tIt is dry.\tneutral\tneutral\tneutral\tneutral\tneutral\tcontradiction\n"
                + "1\t1\t1n\tg\t(\t(\t(\t(\tNo.\tYes.\tneutral\tneutral\tneutral\tneutral\tneutral\t-\n");
        GlueData data = GlueData.directory(folder);
        assertThat(data.read(GlueTask.MNLI, GlueSplit.TRAIN).examples()).containsExactly(pair("It rains.", "It is wet.", 0));
        ExampleFile dev = data.read(GlueTask.MNLI, GlueSplit.DEV_MATCHED);
        assertThat(dev.examples()).containsExactly(pair("It rains.", "It is dry.", 2));
        assertThat(dev.skipped()).isEqualTo(1);
    }

    @Test
    void qnliRteAndWnli() throws IOException {
        write("QNLI/dev.tsv", "index\tquestion\tsentence\tlabel\n0\tWho?\tShe did.\tentailment\n1\tWhy?\tAt noon.\tnot_entailment\n");
        write("RTE/dev.tsv", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tnot_entailment\n1\tC\tD\tentailment\n");
        write("WNLI/dev.tsv", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\t1\n1\tC\tD\t0\n");
        assertThat(read(GlueTask.QNLI)).containsExactly(pair("Who?", "She did.", 0), pair("Why?", "At noon.", 1));
        assertThat(read(GlueTask.RTE)).containsExactly(pair("A", "B", 1), pair("C", "D", 0));
        assertThat(read(GlueTask.WNLI)).containsExactly(pair("A", "B", 1), pair("C", "D", 0));
    }

    @Test
    void qqpLeavesOutItsFewBrokenRowsButRefusesAnotherLayout() throws IOException {
        String header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n";
        String rows = "1\t2\t3\tHow?\tWhy?\t0\n".repeat(1999) + "4\t5\t6\tHow so?\t\t1\n";
        write("QQP/dev.tsv", header + rows + "7\t8\t9\tbroken\nin two\t1\n");
        ExampleFile file = GlueData.directory(folder).read(GlueTask.QQP, GlueSplit.DEV);
        assertThat(file.examples()).hasSize(2000).startsWith(pair("How?", "Why?", 0)).endsWith(pair("How so?", "", 1));
        assertThat(file.skipped()).isEqualTo(2);
        write("QQP/dev.tsv", header + rows + "7\tbroken\n".repeat(3));
        assertMalformed(GlueTask.QQP, "3 rows with a wrong number of columns among 2003");
    }

    @Test
    void gzipIsReadWhereThePlainFileIsMissingAndTheDigestIsOfTheStoredBytes() throws IOException {
        byte[] text = "sentence\tlabel\r\nfine\t1\r\nlast line without end\t0".getBytes(StandardCharsets.UTF_8);
        Path packed = Files.createDirectories(folder.resolve("SST-2")).resolve("dev.tsv.gz");
        try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(text);
        }
        ExampleFile file = GlueData.directory(folder).read(GlueTask.SST2, GlueSplit.DEV);
        assertThat(file.examples()).containsExactly(single("fine", 1), single("last line without end", 0));
        assertThat(file.name()).isEqualTo("SST-2/dev.tsv");
        assertThat(file.sha256()).isEqualTo(sha256(Files.readAllBytes(packed)));
        Files.write(folder.resolve("SST-2/dev.tsv"), text);
        assertThat(GlueData.directory(folder).read(GlueTask.SST2, GlueSplit.DEV).sha256()).isEqualTo(sha256(text));
        Files.delete(folder.resolve("SST-2/dev.tsv"));
        Files.write(packed, Arrays.copyOf(Files.readAllBytes(packed), 30));
        assertMalformed(GlueTask.SST2, "is a damaged gzip file");
    }

    @Test
    void otherLineSeparatorsInATextDoNotSplitIt() throws IOException {
        write("SST-2/dev.tsv", "sentence\tlabel\none\u2028two\u0085three\rfour\t1\n");
        assertThat(read(GlueTask.SST2)).containsExactly(single("one\u2028two\u0085three\rfour", 1));
    }

    @Test
    void malformedFilesAreRefusedWithFileLineAndColumn() throws IOException {
        write("SST-2/dev.tsv", "sentence\tlabel\nfine\t1\nno label\n");
        assertMalformed(GlueTask.SST2, "SST-2/dev.tsv: line 3 has 1 columns where 2 are needed.");
        write("SST-2/dev.tsv", "sentence\tlabel\nfine\t2\n");
        assertMalformed(GlueTask.SST2, "SST-2/dev.tsv: line 2, column 2, holds '2' where 0 or 1 is needed.");
        write("SST-2/dev.tsv", "fine\t1\n");
        assertMalformed(GlueTask.SST2, "line 1 is the header and has no column 'sentence', which SST-2 needs.");
        write("SST-2/dev.tsv", "");
        assertMalformed(GlueTask.SST2, "is empty");
        write("SST-2/dev.tsv", "sentence\tlabel\n");
        assertMalformed(GlueTask.SST2, "holds no examples");
        write("SST-2/dev.tsv", "sentence\tlabel\n" + "x".repeat(1 << 20) + "y\t1\n");
        assertMalformed(GlueTask.SST2, "line 2 is longer than 1048576 bytes.");
        Files.write(folder.resolve("SST-2/dev.tsv"), new byte[] {'s', (byte) 0xC3, '\n'});
        assertMalformed(GlueTask.SST2, "line 1 is not UTF-8.");
    }

    @Test
    void missingDataSaysWhereItWasLookedForAndHowToGetIt() throws IOException {
        write("RTE/train.tsv", "");
        assertThatExceptionOfType(MissingDataException.class)
                .isThrownBy(() -> GlueData.directory(folder).read(GlueTask.SST2, GlueSplit.TRAIN))
                .withMessageContainingAll("no SST-2/train.tsv (nor train.tsv.gz) in " + folder, "filigree glue download");
        assertThatExceptionOfType(MissingDataException.class)
                .isThrownBy(() -> GlueData.directory(folder.resolve("x")).read(GlueTask.SST2, GlueSplit.TRAIN))
                .withMessageContainingAll("no folder " + folder.resolve("x"), "filigree glue download");
        assertThatExceptionOfType(MissingDataException.class)
                .isThrownBy(() -> GlueData.sample().read(GlueTask.COLA, GlueSplit.TRAIN))
                .withMessageContainingAll("no CoLA/train.tsv", "filigree glue download");
        assertThatExceptionOfType(MissingDataException.class)
                .isThrownBy(() -> GlueData.resolve(Optional.empty(), null))
                .withMessageContainingAll("--data", "$FILIGREE_GLUE", "filigree glue download", "sample");
    }

    @Test
    void theOptionComesBeforeTheVariable() throws IOException {
        assertThat(GlueData.resolve(Optional.of("a"), "b")).isEqualTo(GlueData.directory(Path.of("a")));
        assertThat(GlueData.resolve(Optional.empty(), "b")).isEqualTo(GlueData.directory(Path.of("b")));
        assertThat(GlueData.resolve(Optional.of("sample"), "b")).isEqualTo(GlueData.sample());
    }

    @Test
    void tasksAreFoundByName() {
        assertThat(GlueTask.of("SST-2")).isEqualTo(GlueTask.SST2);
        assertThat(GlueTask.of("mnli")).isEqualTo(GlueTask.MNLI);
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> GlueTask.of("squad"))
                .withMessage("There is no GLUE task 'squad': write one of cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli.");
        assertThat(GlueTask.STSB.toTask().regression()).isTrue();
        assertThat(GlueTask.STSB.toTask().labels()).hasSize(1);
        assertThat(GlueTask.SST2.toTask().pairs()).isFalse();
    }

    private static Example single(String text, float target) {
        return new Example(text, Optional.empty(), target);
    }

    private static Example pair(String first, String second, float target) {
        return new Example(first, Optional.of(second), target);
    }

    private List<Example> read(GlueTask task) throws IOException {
        return GlueData.directory(folder).read(task, GlueSplit.DEV).examples();
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void assertMalformed(GlueTask task, String words) {
        assertThatExceptionOfType(MalformedDataException.class)
                .isThrownBy(() -> read(task))
                .withMessageContaining(words)
                .withMessageEndingWith(".");
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
