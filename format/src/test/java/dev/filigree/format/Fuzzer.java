package dev.filigree.format;

import dev.filigree.format.proto.FiligreeProto;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Makes files that are almost valid: small models of every kind, changed in a field of the manifest, in a payload, or in any byte, with the
 * checksums set right again after most changes, since nothing behind a checksum would be reached otherwise. The same number gives the same
 * file. Not coverage-guided: the schema is small enough for each of its fields to be hit thousands of times.
 */
public final class Fuzzer {
    private static final long SEED = 20_261_122;

    private final List<Parts> seeds;

    /** A valid file taken apart. */
    private record Parts(List<Wire> fields, List<byte[]> payloads, byte[] file) {
        static Parts of(Model model) throws IOException {
            Forgery forgery = Forgery.of(model);
            forgery.freezeTable();
            List<Wire> fields = Wire.parse(forgery.manifest.build().toByteArray(), FiligreeProto.Manifest.getDescriptor());
            return new Parts(fields, List.copyOf(forgery.payloads), forgery.bytes());
        }
    }

    /** Packs the models that are changed. */
    public Fuzzer() throws IOException {
        seeds = new ArrayList<>();
        for (Model model : FuzzModels.all()) {
            seeds.add(Parts.of(model));
        }
    }

    /** The files before any change. */
    public List<byte[]> validFiles() {
        return seeds.stream().map(Parts::file).toList();
    }

    /** The file of a number. */
    public byte[] file(long number) {
        SplittableRandom random = new SplittableRandom(SEED + number * 0x9E37_79B9_7F4A_7C15L);
        try {
            int kind = random.nextInt(20);
            Parts parts = any(random);
            if (kind < 3) {
                return changedBytes(parts, random);
            }
            List<Wire> manifest = Wire.copy(parts.fields());
            List<byte[]> payloads = new ArrayList<>(parts.payloads());
            if (kind < 10) {
                changePayloads(payloads, random);
                refreshTable(manifest, payloads, random);
            }
            if (kind >= 8) {
                for (int changes = Math.max(1, random.nextInt(-3, 5)); changes > 0 && !manifest.isEmpty(); changes--) {
                    change(manifest, random);
                }
            }
            byte[] bytes = Wire.bytes(manifest);
            return Forgery.assemble(random.nextInt(50) == 0 ? bytes : Forgery.signed(bytes), payloads, random.nextInt(50) > 0);
        } catch (IOException e) {
            throw new AssertionError("Nothing but memory is written to.", e);
        }
    }

    private Parts any(SplittableRandom random) {
        return seeds.get(random.nextInt(seeds.size()));
    }

    /** Flips, cuts, insertions, or two files in one. */
    private byte[] changedBytes(Parts parts, SplittableRandom random) {
        byte[] bytes = parts.file();
        if (random.nextInt(4) == 0) {
            byte[] other = any(random).file();
            return BytesMutation.splice(bytes, random.nextInt(bytes.length), other, random.nextInt(other.length));
        }
        for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
            bytes = BytesMutation.any(bytes, random);
        }
        return bytes;
    }

    private void changePayloads(List<byte[]> payloads, SplittableRandom random) {
        for (int changes = random.nextInt(1, 3); changes > 0; changes--) {
            int index = random.nextInt(payloads.size());
            List<byte[]> others = random.nextBoolean() ? payloads : any(random).payloads();
            byte[] other = others.get(random.nextInt(others.size()));
            switch (random.nextInt(8)) {
                case 0 -> payloads.set(index, other);
                case 1 -> payloads.set(index, new byte[random.nextInt(3)]);
                default -> payloads.set(index, BytesMutation.any(payloads.get(index), random));
            }
        }
    }

    /** A field of any message, or the same part of another file. */
    private void change(List<Wire> manifest, SplittableRandom random) {
        if (random.nextInt(10) > 0) {
            ManifestMutation.any(manifest, random);
            return;
        }
        int index = random.nextInt(manifest.size());
        int number = manifest.get(index).number();
        Optional<Wire> part = Wire.copy(any(random).fields()).stream().filter(field -> field.number() == number).findFirst();
        part.ifPresent(field -> manifest.set(index, field));
    }

    /** Lengths and checksums that fit, but for one in a hundred. */
    private static void refreshTable(List<Wire> manifest, List<byte[]> payloads, SplittableRandom random) {
        int field = FiligreeProto.Manifest.PAYLOADS_FIELD_NUMBER;
        manifest.removeIf(entry -> entry.number() == field);
        for (byte[] payload : payloads) {
            int crc = Forgery.crc(payload) ^ (random.nextInt(100 * payloads.size()) == 0 ? 1 : 0);
            FiligreeProto.Payload entry = FiligreeProto.Payload.newBuilder().setLength(payload.length).setCrc32C(crc).build();
            manifest.add(new Wire.Bytes(field, entry.toByteArray(), 0));
        }
    }

    /** A deterministic source for the models. */
    static Random random(int salt) {
        return new Random(SEED + salt);
    }
}
