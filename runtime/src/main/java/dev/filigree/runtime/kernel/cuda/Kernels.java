package dev.filigree.runtime.kernel.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** The kernels, loaded on a device. Thread-safe. */
final class Kernels {
    /** {@code CUlaunchConfig}. */
    private static final StructLayout CONFIG = MemoryLayout.structLayout(
            MemoryLayout.sequenceLayout(3, ValueLayout.JAVA_INT).withName("grid"),
            MemoryLayout.sequenceLayout(3, ValueLayout.JAVA_INT).withName("block"),
            ValueLayout.JAVA_INT.withName("sharedBytes"),
            MemoryLayout.paddingLayout(4),
            ValueLayout.JAVA_LONG.withName("stream"),
            ValueLayout.JAVA_LONG.withName("attributes"),
            ValueLayout.JAVA_INT.withName("attributeCount"),
            MemoryLayout.paddingLayout(4));
    /** Bytes of a {@code CUlaunchAttribute}: an id, padding, and 64 bytes of value. */
    private static final int ATTRIBUTE_BYTES = 72;
    private static final int ATTRIBUTE_VALUE = 8;
    private static final int CLUSTER_DIMENSION = 4;
    private static final int PROGRAMMATIC_STREAM_SERIALIZATION = 6;
    /** What a kernel may take without asking. */
    private static final int FREE_SHARED_BYTES = 48 * 1024;

    private final Device device;
    private final long module;
    private final Map<String, Long> functions = new HashMap<>();

    /**
     * Loads the kernels; the context is current.
     *
     * @param image the fatbin
     * @param int8 whether those of int8 are needed beside those of fp16
     * @param resources free them
     * @throws CudaException when the image has nothing for this device, or lacks a kernel
     */
    Kernels(Device device, byte[] image, boolean int8, Resources resources) {
        this.device = device;
        Driver driver = device.driver();
        try (Arena arena = Arena.ofConfined()) {
            // The driver takes the image's length from its header; it is read in words.
            MemorySegment copy = arena.allocate(image.length, 64);
            MemorySegment.copy(image, 0, copy, ValueLayout.JAVA_BYTE, 0, image.length);
            module = driver.loadModule(copy);
        }
        resources.add(() -> driver.unloadModule(module));
        Stream.of("relayout_sparse", "relayout_dense", "pool_first", "pool_mean", "pool_cls", "classify").forEach(name -> find(name, 0));
        for (int head : new int[] {32, 64}) {
            find("attention_head" + head, LaunchPlan.attentionSharedBytes(false, 1, device.foldsNorms()));
            find("attention_wide_head" + head, LaunchPlan.attentionSharedBytes(true, 1, device.foldsNorms()));
        }
        Stream<String> norms = device.foldsNorms()
                ? Stream.of("embed_folded", "fold_norm") : Stream.of("embed_layernorm", "layernorm", "layernorm_partial");
        norms.forEach(name -> find(name, 0));
        findLinears(false);
        if (int8) {
            Stream.of("relayout_sparse_int8", "relayout_dense_int8", "quantise").forEach(name -> find(name, 0));
            findLinears(true);
        }
    }

    private void findLinears(boolean int8) {
        LinearShape.ALL.stream().filter(shape -> shape.wgmma() == device.foldsNorms()).forEach(shape -> {
            find(shape.kernel(true, int8), shape.sharedBytes(true, int8));
            find(shape.kernel(false, int8), shape.sharedBytes(false, int8));
        });
    }

    private void find(String kernel, int sharedBytes) {
        long function = device.driver().function(module, kernel);
        if (sharedBytes > FREE_SHARED_BYTES) {
            device.driver().allowSharedBytes(function, sharedBytes);
        }
        functions.put(kernel, function);
    }

    /**
     * Launches on a stream, whose context is current.
     *
     * @param early whether it may start before the kernel ahead of it in the stream has ended, where the device can; the kernels wait for
     *     what they need of it
     */
    void launch(long stream, Launch launch, boolean early) {
        Long function = functions.get(launch.kernel());
        if (function == null) {
            throw new IllegalArgumentException("No kernel " + launch.kernel() + " was loaded for " + device + ".");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(2 * ATTRIBUTE_BYTES, 8);
            int count = 0;
            if (early && device.startsEarly()) {
                attributes.set(ValueLayout.JAVA_INT, 0, PROGRAMMATIC_STREAM_SERIALIZATION);
                attributes.set(ValueLayout.JAVA_INT, ATTRIBUTE_VALUE, 1);
                count++;
            }
            if (launch.grid().cluster() > 1) {
                MemorySegment cluster = attributes.asSlice((long) count * ATTRIBUTE_BYTES);
                cluster.set(ValueLayout.JAVA_INT, 0, CLUSTER_DIMENSION);
                cluster.set(ValueLayout.JAVA_INT, ATTRIBUTE_VALUE, 1);
                cluster.set(ValueLayout.JAVA_INT, ATTRIBUTE_VALUE + 4, 1);
                cluster.set(ValueLayout.JAVA_INT, ATTRIBUTE_VALUE + 8, launch.grid().cluster());
                count++;
            }
            device.driver().launch(config(arena, stream, launch, attributes, count), function, parameters(arena, launch.arguments()));
        }
    }

    private static MemorySegment config(Arena arena, long stream, Launch launch, MemorySegment attributes, int count) {
        MemorySegment config = arena.allocate(CONFIG);
        int[] dimensions = {launch.grid().x(), launch.grid().y(), launch.grid().z(), launch.threads(), 1, 1, launch.sharedBytes()};
        MemorySegment.copy(dimensions, 0, config, ValueLayout.JAVA_INT, 0, dimensions.length);
        config.set(ValueLayout.JAVA_LONG, offset("stream"), stream);
        config.set(ValueLayout.JAVA_LONG, offset("attributes"), attributes.address());
        config.set(ValueLayout.JAVA_INT, offset("attributeCount"), count);
        return config;
    }

    private static long offset(String field) {
        return CONFIG.byteOffset(MemoryLayout.PathElement.groupElement(field));
    }

    /** An array of pointers to the arguments, each in eight bytes of its own. */
    private static MemorySegment parameters(Arena arena, Object[] arguments) {
        MemorySegment values = arena.allocate(ValueLayout.JAVA_LONG, arguments.length);
        MemorySegment pointers = arena.allocate(ValueLayout.JAVA_LONG, arguments.length);
        for (int i = 0; i < arguments.length; i++) {
            long at = 8L * i;
            switch (arguments[i]) {
                case Long pointer -> values.set(ValueLayout.JAVA_LONG, at, pointer);
                case Integer number -> values.set(ValueLayout.JAVA_INT, at, number);
                case Float number -> values.set(ValueLayout.JAVA_FLOAT, at, number);
                default -> throw new IllegalArgumentException("A kernel takes no " + arguments[i].getClass() + ".");
            }
            pointers.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + at);
        }
        return pointers;
    }
}
