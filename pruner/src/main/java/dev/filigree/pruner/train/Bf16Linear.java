package dev.filigree.pruner.train;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A linear in bf16 with sums in fp32. DJL cannot make arrays of bf16 on a CPU, but runs any of PyTorch's operations that a TorchScript
 * archive asks for, and autograd follows them: backward, both products are in bf16, too. Not thread-safe.
 */
final class Bf16Linear implements LinearProduct, AutoCloseable {
    /** As PyTorch serialises it: types are their numbers in {@code c10::ScalarType}, 15 for bf16 and 6 for fp32. */
    private static final String CODE = """
            class Linear(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              def forward(self: __torch__.Linear, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
                y = torch.linear(torch.to(x, 15), torch.to(weight, 15), torch.to(bias, 15))
                return torch.to(y, 6)
            """;

    /** A pickle of protocol 2: an object of that class, whose one attribute is false. */
    private static final String OBJECT = "\u0080\2c__torch__\nLinear\n)\u0081}X\b\0\0\0training\u0089sb.";
    /** A pickle of an empty tuple. */
    private static final String NO_CONSTANTS = "\u0080\2).";

    private final Model model;

    /** Loads the operation into PyTorch, which must be the default engine. */
    Bf16Linear() {
        model = Model.newInstance("linear", "PyTorch");
        try {
            model.load(new ByteArrayInputStream(archive()));
        } catch (IOException | MalformedModelException e) {
            throw new IllegalStateException("PyTorch does not take a TorchScript archive of this form: train in fp32.", e);
        }
    }

    @Override
    public NDArray of(NDArray x, NDArray weight, NDArray bias) {
        // Autograd only follows a block that believes it is trained.
        return model.getBlock().forward(new ParameterStore(), new NDList(x, weight, bias), true).singletonOrThrow();
    }

    @Override
    public void close() {
        model.close();
    }

    /** A zip whose entries are stored as they are. */
    private static byte[] archive() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            put(zip, "data.pkl", OBJECT);
            put(zip, "constants.pkl", NO_CONSTANTS);
            put(zip, "version", "3\n");
            put(zip, "code/__torch__.py", CODE);
        }
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, String content) throws IOException {
        byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
        CRC32 checksum = new CRC32();
        checksum.update(bytes);
        ZipEntry entry = new ZipEntry("linear/" + name);
        entry.setSize(bytes.length);
        entry.setCrc(checksum.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }
}
