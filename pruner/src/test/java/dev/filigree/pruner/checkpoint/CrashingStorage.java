package dev.filigree.pruner.checkpoint;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/** The file system, unforced, until the process is killed at the n-th operation that changes it; a write may be cut in the middle. */
final class CrashingStorage implements Storage {
    private int left;

    /** Never killed. */
    static Storage safe() {
        return new CrashingStorage(Integer.MAX_VALUE);
    }

    CrashingStorage(int operations) {
        left = operations;
    }

    /** What kill -9 is to a process: nothing of ours runs after it. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    private void count() {
        if (left-- <= 0) {
            throw new Killed();
        }
    }

    @Override
    public OutputStream create(Path file) throws IOException {
        count();
        return new FilterOutputStream(Storage.super.create(file)) {
            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                if (left <= 0) {
                    out.write(bytes, from, length / 2);
                }
                count();
                out.write(bytes, from, length);
            }
        };
    }

    @Override
    public void force(Path path) {
        // What is forced matters to a power cut, and takes the time of a hundred tests.
        count();
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        count();
        Storage.super.move(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        count();
        Storage.super.delete(file);
    }
}
