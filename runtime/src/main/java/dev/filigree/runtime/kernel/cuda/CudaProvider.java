package dev.filigree.runtime.kernel.cuda;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.Natives;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import dev.filigree.runtime.kernel.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.net.URL;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.slf4j.LoggerFactory;

/**
 * Runs a model in fp16 on an NVIDIA GPU of sm_80 or later: weights with at most two of every four inputs kept on its sparse tensor cores,
 * others on the dense ones. It needs the GPU's driver and nothing else of CUDA. {@code cuda} takes the first GPU, {@code cuda:1} the
 * second, and so on. Stateless and thread-safe.
 *
 * <p>{@code cuda-int8} (and {@code cuda-int8:1} …), on request only, runs the layers that the file stores in int8 in int8: weights as they
 * are, activations rounded to codes with one scale for each token. It is a name of its own because its logits are less exact.
 */
public final class CudaProvider implements KernelProvider {
    /** System property with the name or path of the driver's library, in place of {@value #LIBRARY}. */
    public static final String DRIVER_PROPERTY = "filigree.cuda.driver";

    private static final String NAME = "cuda";
    private static final String INT8_NAME = "cuda-int8";
    private static final Pattern NAMES = Pattern.compile("(" + NAME + "|" + INT8_NAME + ")(?::(\\d{1,3}))?");
    private static final String LIBRARY = "libcuda.so.1";
    private static final String IMAGE = "cuda/filigree.fatbin";
    private static final int MAX_HIDDEN = 1024;

    private final Supplier<String> library;
    private final Supplier<Optional<URL>> image;
    private final Limits limits;
    private final boolean int8;
    private final int ordinal;
    private final String name;

    /** The provider of the first GPU. */
    public CudaProvider() {
        this(new DriverLibrary(), new Image(), Limits.DEFAULT);
    }

    /** The driver as {@link #DRIVER_PROPERTY} has it. */
    private record DriverLibrary() implements Supplier<String> {
        @Override
        public String get() {
            return driverLibrary();
        }
    }

    /** The kernels as filigree-natives has them. */
    private record Image() implements Supplier<Optional<URL>> {
        @Override
        public Optional<URL> get() {
            return Natives.find(IMAGE);
        }
    }

    /**
     * A provider with another driver, kernels or limits.
     *
     * @param library name or path of the driver
     * @param image where the kernels are, if this build has them
     * @param limits of each program
     */
    CudaProvider(Supplier<String> library, Supplier<Optional<URL>> image, Limits limits) {
        this(library, image, limits, false, 0, NAME);
    }

    private CudaProvider(
            Supplier<String> library, Supplier<Optional<URL>> image, Limits limits, boolean int8, int ordinal, String name) {
        this.library = library;
        this.image = image;
        this.limits = limits;
        this.int8 = int8;
        this.ordinal = ordinal;
        this.name = name;
    }

    /** Every kind of function that it may call, for tools that must know ahead of time. */
    public static List<FunctionDescriptor> downcalls() {
        return IntStream.rangeClosed(1, Driver.MOST_ARGUMENTS).mapToObj(Driver::descriptor).toList();
    }

    @Override
    public String name() {
        return name;
    }

    /** Also {@code cuda:N}, for the GPU with this number, and {@code cuda-int8}. */
    @Override
    public Optional<KernelProvider> named(String name) {
        Matcher matcher = NAMES.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int number = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        return Optional.of(new CudaProvider(library, image, limits, matcher.group(1).equals(INT8_NAME), number, name));
    }

    @Override
    public boolean usesGpu() {
        return true;
    }

    /**
     * One percent. Between layers fp16 keeps 11 bits: each weight, and each of the five activations that a layer stores, is off by up to
     * 2^-11 = 0.05 % of itself. These errors are independent and add up like a random walk: hidden states of whole encoders were measured
     * to be off by 0.13 % of their norm on an H100 ({@code docs/performance-gpu.md}), single logits, which have no such mean over many
     * numbers, by up to 0.25 %. Wrong weights or a wrong order of them give tens of percents.
     *
     * <p>In int8, ten percent: four times a layer, every activation is rounded to one of 127 steps up to the largest of its token, which
     * for most of them is a percent or more of their size.
     */
    @Override
    public double tolerance() {
        return int8 ? 1e-1 : 1e-2;
    }

    @Override
    public boolean roundsActivations() {
        return int8;
    }

    @Override
    public Optional<String> refusal(Model model) {
        try {
            // The driver first: most machines have none, and then nothing else is looked for.
            findDevice();
            requireImage();
            requireCovered(model);
            return Optional.empty();
        } catch (ProviderRefusedException | CudaException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** Looks for the driver, which most machines do not have, and finding out takes a new JVM some milliseconds. */
    @Override
    public void prepare() {
        if (CudaProvider.class.getModule().isNativeAccessEnabled()) {
            try {
                new Driver(library.get());
            } catch (ProviderRefusedException e) {
                // Whoever asks for the provider is told.
                return;
            }
        }
    }

    /**
     * Lays out the model on the GPU.
     *
     * @param threads at least 1; a call uses the GPU and the caller's thread, whatever this is
     * @throws ProviderRefusedException when this machine cannot run the model after all, for example for want of device memory
     */
    @Override
    public EncoderProgram load(Model model, Threads threads) {
        requireCovered(model);
        try {
            Device device = findDevice();
            EncoderProgram program = CudaProgram.load(device, read(requireImage()), model, int8, limits);
            long mebibytes = CudaProgram.mebibytes(CudaProgram.bytes(model, int8, limits));
            LoggerFactory.getLogger(CudaProvider.class)
                    .info("The model runs on {} and takes about {} MiB of its memory.", device, mebibytes);
            return program;
        } catch (CudaException e) {
            throw new ProviderRefusedException(e.getMessage(), e);
        }
    }

    /** The driver as {@link #DRIVER_PROPERTY} has it. */
    static String driverLibrary() {
        return System.getProperty(DRIVER_PROPERTY, LIBRARY);
    }

    private Device findDevice() {
        if (!CudaProvider.class.getModule().isNativeAccessEnabled()) {
            throw new ProviderRefusedException("This JVM does not let the runtime call native code: start Java with "
                    + Natives.accessOption() + ".");
        }
        return Device.find(new Driver(library.get()), ordinal);
    }

    private URL requireImage() {
        return image.get().orElseThrow(() -> new ProviderRefusedException("There are no GPU kernels here: put filigree-natives beside"
                + " filigree-runtime, built where nvcc of CUDA 13 is on the PATH, or take another provider."));
    }

    private static byte[] read(URL image) {
        try (InputStream stream = image.openStream()) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("The GPU kernels at " + image + " cannot be read: get the jar of filigree-natives anew.", e);
        }
    }

    private void requireCovered(Model model) {
        EncoderShape shape = model.shape();
        if (int8 && !ModelLoader.hasInt8(model)) {
            throw new ProviderRefusedException("This model has no layer in int8: take provider " + NAME + ", which runs it in fp16.");
        }
        String wrong = "";
        if (shape.hidden() % DeviceLayout.BLOCK_INPUTS != 0 || shape.hidden() > MAX_HIDDEN) {
            wrong = "its hidden width is " + shape.hidden() + ", and they take multiples of " + DeviceLayout.BLOCK_INPUTS + " up to "
                    + MAX_HIDDEN;
        } else if (shape.intermediate() % DeviceLayout.BLOCK_INPUTS != 0) {
            wrong = "its feed-forward layer is " + shape.intermediate() + " wide, and they take multiples of " + DeviceLayout.BLOCK_INPUTS;
        } else if (shape.headWidth() != 32 && shape.headWidth() != 64) {
            wrong = "its attention heads are " + shape.headWidth() + " wide, and they take 32 and 64";
        }
        if (!wrong.isEmpty()) {
            throw new ProviderRefusedException("The GPU kernels do not cover this model: " + wrong + "; take another provider.");
        }
    }
}
