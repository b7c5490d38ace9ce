package dev.filigree.pruner.glue;

import dev.filigree.pruner.data.MalformedDataException;
import dev.filigree.pruner.data.MissingDataException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Gets the labelled files of GLUE's tasks. A task's folder appears whole, after all its files were read without a complaint, or not at all.
 * The addresses are those of the well-known download script of the GLUE baselines; MRPC, which may not be passed on as a whole, is put
 * together from Microsoft's paraphrase corpus and GLUE's list of the pairs in dev, as that script does.
 */
final class GlueDownload implements AutoCloseable {
    /** The host of all files. */
    static final String OFFICIAL_ADDRESS = "https://dl.fbaipublicfiles.com/";

    private static final String MRPC_TEXTS = "senteval/senteval_data/msr_paraphrase_train.txt";
    private static final String MRPC_DEV_IDS = "glue/data/mrpc_dev_ids.tsv";
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(20);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
    /** For one file; the largest, MNLI, has 313 MB. */
    private static final Duration TRANSFER_LIMIT = Duration.ofHours(1);
    /** No file of GLUE, packed or not, is half this large. */
    private static final long MAX_BYTES = 1L << 30;

    private final URI base;
    private final Path data;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(CONNECT_LIMIT).followRedirects(HttpClient.Redirect.NORMAL).build();

    /**
     * Downloads to a folder.
     *
     * @param base address the files' paths are relative to, ending with a slash
     * @param data GLUE's folder
     */
    GlueDownload(URI base, Path data) {
        this.base = base;
        this.data = data;
    }

    /**
     * Gets one task.
     *
     * @return false when it is there already
     * @throws IOException with a sentence for the user
     */
    boolean get(GlueTask task) throws IOException, InterruptedException {
        Path target = data.resolve(task.folder());
        if (Files.exists(target)) {
            check(data, task, target + " is there but not whole, so move it away and run the command again");
            return false;
        }
        Files.createDirectories(data);
        // Beside the target, so that the last step is one atomic move.
        Path work = Files.createTempDirectory(data, ".download-");
        try {
            Path folder = Files.createDirectory(work.resolve(task.folder()));
            if (task == GlueTask.MRPC) {
                buildMrpc(fetch(MRPC_TEXTS, work.resolve("texts")), fetch(MRPC_DEV_IDS, work.resolve("ids")), folder);
            } else {
                unpack(fetch(archive(task), work.resolve("zip")), task, folder);
            }
            check(work, task, "What came for " + task.folder() + " is not as it should be, so try again later");
            Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } finally {
            delete(work);
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }

    private static String archive(GlueTask task) {
        String name = switch (task) {
            case QQP -> "QQP-clean";
            case QNLI -> "QNLIv2";
            case COLA, SST2, MRPC, STSB, MNLI, RTE, WNLI -> task.folder();
        };
        return "glue/data/" + name + ".zip";
    }

    private Path fetch(String path, Path file) throws IOException, InterruptedException {
        URI address = base.resolve(path);
        HttpRequest request = HttpRequest.newBuilder(address).timeout(ANSWER_LIMIT).build();
        CompletableFuture<HttpResponse<Path>> answer =
                client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofFile(file), MAX_BYTES));
        HttpResponse<Path> response;
        try {
            response = answer.get(TRANSFER_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
            throw new IOException(
                    address + " could not be fetched (" + cause.getClass().getSimpleName()
                            + "): connect to the internet and run the command again, or copy GLUE's folder from another machine.",
                    cause);
        } finally {
            answer.cancel(true);
        }
        if (response.statusCode() != 200) {
            throw new IOException(address + " answered with status " + response.statusCode()
                    + ": try again later, or copy GLUE's folder from another machine.");
        }
        return file;
    }

    /** Takes the labelled files out by name and nothing else, so no entry can choose where it is written. */
    private static void unpack(Path zip, GlueTask task, Path folder) throws IOException {
        try (ZipFile archive = new ZipFile(zip.toFile())) {
            for (GlueSplit split : splits(task)) {
                ZipEntry entry = archive.getEntry(task.fileName(split));
                if (entry == null) {
                    throw new IOException("The downloaded archive of " + task.folder() + " has no " + task.fileName(split)
                            + ": try again, or copy GLUE's folder from another machine.");
                }
                try (InputStream in = archive.getInputStream(entry)) {
                    copy(in, folder.resolve(split.stem() + ".tsv"), task);
                }
            }
        } catch (ZipException e) {
            throw new IOException(
                    "The downloaded archive of " + task.folder() + " is damaged (" + e.getMessage() + "): run the command again.", e);
        }
    }

    /** Stops at the limit whatever size the archive announces. */
    private static void copy(InputStream in, Path file, GlueTask task) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long left = MAX_BYTES;
        try (var out = Files.newOutputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                left -= n;
                if (left < 0) {
                    throw new IOException("The downloaded archive of " + task.folder() + " unpacks to more than " + MAX_BYTES
                            + " bytes, which is not GLUE: try again later.");
                }
                out.write(buffer, 0, n);
            }
        }
    }

    /** Divides the corpus into train and dev: a pair of ids that is in the list belongs to dev. */
    private static void buildMrpc(Path texts, Path devIds, Path folder) throws IOException {
        Set<List<String>> dev = new HashSet<>();
        for (String line : Files.readAllLines(devIds)) {
            dev.add(List.of(line.strip().split("\t")));
        }
        try (BufferedReader in = Files.newBufferedReader(texts);
                BufferedWriter trainFile = Files.newBufferedWriter(folder.resolve("train.tsv"));
                BufferedWriter devFile = Files.newBufferedWriter(folder.resolve("dev.tsv"))) {
            String header = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n";
            trainFile.write(header);
            devFile.write(header);
            in.readLine();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] row = line.strip().split("\t");
                BufferedWriter file = row.length == 5 && dev.contains(List.of(row[1], row[2])) ? devFile : trainFile;
                file.write(String.join("\t", row));
                file.write('\n');
            }
        }
    }

    private static void check(Path data, GlueTask task, String advice) throws IOException {
        for (GlueSplit split : splits(task)) {
            try {
                GlueData.directory(data).read(task, split);
            } catch (MissingDataException e) {
                throw new IOException(advice + ": there is no " + task.fileName(split) + ".", e);
            } catch (MalformedDataException e) {
                throw new IOException(advice + ": " + e.getMessage(), e);
            }
        }
    }

    private static List<GlueSplit> splits(GlueTask task) {
        List<GlueSplit> splits = new ArrayList<>(List.of(GlueSplit.TRAIN));
        splits.addAll(task.devSplits());
        return splits;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
