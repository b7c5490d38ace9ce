package dev.filigree.pruner.glue;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.filigree.pruner.data.Example;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands, with a local HTTP server in the place of GLUE's. */
class GlueCommandTest {
    private static final String SST2 = "sentence\tlabel\nfine\t1\npoor\t0\n";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Map<String, byte[]> served = new HashMap<>();
    private HttpServer server;

    @TempDir
    Path folder;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = served.get(exchange.getRequestURI().getPath());
            exchange.sendResponseHeaders(body == null ? 404 : 200, body == null ? -1 : body.length);
            if (body != null) {
                exchange.getResponseBody().write(body);
            }
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void checkPrintsATableOfWhatIsThere() throws IOException {
        write("SST-2/train.tsv", SST2 + "a longer one\t1\n");
        write("SST-2/dev.tsv", SST2);
        assertThat(run("check", "--data", folder.toString(), "--task", "sst2")).isZero();
        assertThat(out.toString().lines().map(line -> line.replaceAll(" +", " "))).containsExactly(
                "task file rows skipped longest labels",
                "sst2 train 3 0 12 negative 1, positive 2",
                "sst2 dev 2 0 4 negative 1, positive 1");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void checkSaysEverythingThatIsWrongAndReturnsOne() throws IOException {
        write("SST-2/train.tsv", SST2 + "broken\n");
        write("RTE/dev.tsv", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tentailment\n");
        assertThat(run("check", "--data", folder.toString(), "--task", "sst2,rte")).isEqualTo(1);
        assertThat(err.toString().lines()).hasSize(3);
        assertThat(err.toString()).contains("SST-2/train.tsv: line 4 has 1 columns", "no SST-2/dev.tsv", "no RTE/train.tsv");
        assertThat(out.toString()).contains("rte");
    }

    @Test
    void wrongUsageReturnsTwo() {
        assertThat(run("check", "--task", "squad")).isEqualTo(2);
        assertThat(run("download")).isEqualTo(2);
        assertThat(run()).isEqualTo(2);
    }

    @Test
    void downloadTakesTheLabelledFilesOutOfTheArchiveAndNothingElse() throws IOException {
        serve("glue/data/SST-2.zip", zip("SST-2/train.tsv", SST2, "SST-2/dev.tsv", SST2, "SST-2/test.tsv", "x", "../../evil.tsv", "x"));
        assertThat(download("sst2")).as(err.toString()).isZero();
        assertThat(files()).containsExactlyInAnyOrder("SST-2/train.tsv", "SST-2/dev.tsv");
        assertThat(GlueData.directory(folder.resolve("glue")).read(GlueTask.SST2, GlueSplit.DEV).examples()).hasSize(2);
        assertThat(out.toString()).startsWith("SST-2 is now in ");
        assertThat(download("sst2")).isZero();
        assertThat(out.toString()).contains("SST-2 is already in ");
    }

    @Test
    void archivesWithOtherNames() throws IOException {
        String qqp = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\tHow?\tWhy?\t0\n";
        String qnli = "index\tquestion\tsentence\tlabel\n0\tWho?\tShe did.\tentailment\n";
        serve("glue/data/QQP-clean.zip", zip("QQP/train.tsv", qqp, "QQP/dev.tsv", qqp));
        serve("glue/data/QNLIv2.zip", zip("QNLI/train.tsv", qnli, "QNLI/dev.tsv", qnli));
        assertThat(download("qqp,qnli")).as(err.toString()).isZero();
        assertThat(files()).hasSize(4);
    }

    @Test
    void mrpcIsPutTogetherFromTextsAndIds() throws IOException {
        serve("senteval/senteval_data/msr_paraphrase_train.txt",
                ("\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t10\t11\tOne.\t\"One.\r\n0\t12\t13\tTwo.\tToo.\r\n")
                        .getBytes(StandardCharsets.UTF_8));
        serve("glue/data/mrpc_dev_ids.tsv", "12\t13\n".getBytes(StandardCharsets.UTF_8));
        assertThat(download("mrpc")).as(err.toString()).isZero();
        GlueData data = GlueData.directory(folder.resolve("glue"));
        assertThat(data.read(GlueTask.MRPC, GlueSplit.TRAIN).examples()).extracting(Example::first).containsExactly("One.");
        assertThat(data.read(GlueTask.MRPC, GlueSplit.DEV).examples()).extracting(Example::first).containsExactly("Two.");
    }

    @Test
    void aFailedDownloadLeavesNothingBehind() throws IOException {
        assertFailed("answered with status 404");
        serve("glue/data/SST-2.zip", "no zip".getBytes(StandardCharsets.UTF_8));
        assertFailed("is damaged");
        serve("glue/data/SST-2.zip", zip("SST-2/train.tsv", SST2));
        assertFailed("has no SST-2/dev.tsv");
        serve("glue/data/SST-2.zip", zip("SST-2/train.tsv", SST2, "SST-2/dev.tsv", "sentence\tlabel\nfine\t3\n"));
        assertFailed("line 2, column 2, holds '3'");
        server.stop(0);
        assertFailed("could not be fetched (ConnectException): connect to the internet");
    }

    @Test
    void aFolderThatIsNotWholeIsLeftAloneAndNamed() throws IOException {
        write("glue/SST-2/train.tsv", SST2);
        assertThat(download("sst2")).isEqualTo(1);
        assertThat(err.toString()).contains("SST-2 is there but not whole", "no SST-2/dev.tsv");
        assertThat(files()).containsExactly("SST-2/train.tsv");
    }

    private void assertFailed(String words) throws IOException {
        err.getBuffer().setLength(0);
        assertThat(download("sst2")).isEqualTo(1);
        assertThat(err.toString()).contains(words);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(files()).isEmpty();
    }

    private int download(String tasks) {
        String base = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
        return run("download", "--data", folder.resolve("glue").toString(), "--task", tasks, "--base-address", base);
    }

    private int run(String... arguments) {
        return new CommandLine(new GlueCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
    }

    private Stream<String> files() throws IOException {
        Path glue = folder.resolve("glue");
        return Files.walk(glue).filter(Files::isRegularFile).map(file -> glue.relativize(file).toString());
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void serve(String path, byte[] body) {
        served.put("/" + path, body);
    }

    private static byte[] zip(String... namesAndTexts) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < namesAndTexts.length; i += 2) {
                zip.putNextEntry(new ZipEntry(namesAndTexts[i]));
                zip.write(namesAndTexts[i + 1].getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }
}
