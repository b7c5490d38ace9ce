package dev.filigree.runtime.kernel.cuda;

/** A call of the GPU's driver that failed; the message names the call and its result, and says what to do. */
public final class CudaException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /** The code of {@code CUDA_ERROR_OUT_OF_MEMORY}. */
    static final int OUT_OF_MEMORY = 2;

    /** The name of the result. */
    private final String result;

    CudaException(String call, int code, String result, String meaning) {
        super("The GPU driver's " + call + " failed with " + result + " (" + meaning + "): " + advice(code) + ".");
        this.result = result;
    }

    /** The driver's name of the result, for example {@code CUDA_ERROR_OUT_OF_MEMORY}. */
    public String result() {
        return result;
    }

    private static String advice(int code) {
        return switch (code) {
            case OUT_OF_MEMORY -> "free memory on the GPU, take another GPU (provider cuda:1), or another provider";
            case 34 -> "this is the CUDA toolkit's stub of the driver, install the driver itself or take the stub off the library path";
            case 46 -> "another process holds the GPU for itself, end it or take another GPU (provider cuda:1)";
            case 100, 101 -> "make an NVIDIA GPU visible to this process (nvidia-smi lists them, CUDA_VISIBLE_DEVICES may hide them),"
                    + " or take another provider";
            case 200, 209, 218, 222, 500 -> "this build's kernels do not fit the driver or the GPU, update the driver or take another"
                    + " provider";
            case 802, 803, 804 -> "the driver's parts do not fit together, restart the machine or install the driver anew";
            default -> "start this process anew, and if it comes again take another provider";
        };
    }
}
