package dev.filigree.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Cuts a model file short while it is being read. Run in a JVM of its own, which a mistake would end; prints a line for each thing that
 * went as promised.
 */
final class ChangingFile {
    /** Enough for the compiler to have been at it. */
    private static final int OFTEN = 20_000;

    private ChangingFile() {}

    /** Takes the path of a file that is not there yet. */
    public static void main(String[] arguments) throws Exception {
        Path path = Path.of(arguments[0]);
        ModelWriter.write(TestModels.full(), path);
        byte[] whole = Files.readAllBytes(path);
        cutAfterOpening(path, whole);
        cutWhileOpening(path, whole);
    }

    /** Every way in which the format reads weights. */
    private static void cutAfterOpening(Path path, byte[] whole) throws IOException {
        for (int warm : new int[] {0, OFTEN}) {
            try (ModelFile file = ModelFile.open(path, ModelFile.Checks.STRUCTURE)) {
                Model model = file.model();
                Matrix sparse = model.layers().getFirst().query().weight();
                Matrix dense = model.embeddings().word();
                for (int i = 0; i < warm; i++) {
                    sparse.toFloats();
                    dense.toFloats();
                }
                resize(path, 0);
                refused(sparse::toFloats);
                refused(dense::toFloats);
                refused(() -> told(() -> ((SparseMatrix) sparse).mask(0, 0)));
                refused(() -> told(() -> ((DenseMatrix) dense).decodeRow(0, new float[dense.columns()], 0)));
                refused(() -> {
                    try {
                        ModelWriter.write(model, path.resolveSibling("copy"));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                Files.write(path, whole);
            }
            System.out.println("cut after opening, read before " + warm + " times: refused");
        }
    }

    /** As readers are to tell an error of mapped memory. */
    private static void told(Runnable reading) {
        try {
            reading.run();
        } catch (InternalError e) {
            throw MappedMemory.lost(e);
        }
    }

    private static void refused(Runnable reading) {
        try {
            reading.run();
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof ModelFormatException refused && refused.refusal() == Refusal.TRUNCATED) {
                return;
            }
            throw e;
        }
        throw new AssertionError("It was read.");
    }

    /** Whatever the moment of the cut, opening gives a model or a refusal. */
    private static void cutWhileOpening(Path path, byte[] whole) throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        Thread cutter = new Thread(() -> {
            for (int i = 0; !done.get(); i++) {
                try {
                    resize(path, i * 61L % whole.length);
                    Files.write(path, whole, StandardOpenOption.WRITE);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
        cutter.start();
        Map<Refusal, Integer> refused = new EnumMap<>(Refusal.class);
        for (int i = 0; i < OFTEN / 10 || refused.isEmpty(); i++) {
            try {
                ModelFile.open(path).close();
            } catch (ModelFormatException e) {
                refused.merge(e.refusal(), 1, Integer::sum);
            }
        }
        done.set(true);
        cutter.join();
        System.out.println("cut while opening: a model or a refusal");
    }

    private static void resize(Path path, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    /** Writes one byte over another. */
    static void overwrite(Path path, long offset, int value) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {(byte) value}), offset);
        }
    }
}
