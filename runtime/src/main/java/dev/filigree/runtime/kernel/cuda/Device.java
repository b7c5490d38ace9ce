package dev.filigree.runtime.kernel.cuda;

import dev.filigree.runtime.kernel.ProviderRefusedException;

/**
 * A GPU that can run the kernels.
 *
 * @param driver it is reached through
 * @param ordinal its number, as {@code nvidia-smi} and {@code CUDA_VISIBLE_DEVICES} leave them
 * @param handle the driver's number of it
 * @param name what it calls itself
 * @param major of its compute capability
 * @param minor of its compute capability
 */
record Device(Driver driver, int ordinal, int handle, String name, int major, int minor) {
    private static final int COMPUTE_CAPABILITY_MAJOR = 75;
    private static final int COMPUTE_CAPABILITY_MINOR = 76;
    private static final int LEAST_MAJOR = 8;
    private static final int HOPPER = 9;

    /**
     * Finds a GPU.
     *
     * @throws ProviderRefusedException when there is none of this number, or the kernels cannot run on it
     * @throws CudaException when the driver fails
     */
    static Device find(Driver driver, int ordinal) {
        driver.init();
        int count = driver.deviceCount();
        if (ordinal >= count) {
            throw new ProviderRefusedException(count == 0
                    ? "The NVIDIA driver sees no GPU: make one visible to this process, or take another provider."
                    : "There is no GPU " + ordinal + " among the " + count + " that the driver sees: take cuda:0"
                            + (count == 1 ? "." : " to cuda:" + (count - 1) + "."));
        }
        int handle = driver.device(ordinal);
        Device device = new Device(driver, ordinal, handle, driver.deviceName(handle),
                driver.attribute(handle, COMPUTE_CAPABILITY_MAJOR), driver.attribute(handle, COMPUTE_CAPABILITY_MINOR));
        if (device.major < LEAST_MAJOR) {
            throw new ProviderRefusedException("GPU " + ordinal + " (" + device.name + ") is sm_" + device.major + device.minor
                    + " and has no sparse tensor cores: take one of sm_80 or later, or another provider.");
        }
        return device;
    }

    /** Whether it has the wgmma kernels, into which the LayerNorms are folded. */
    boolean foldsNorms() {
        return major == HOPPER;
    }

    /** Whether a kernel may start before the one ahead of it has ended. */
    boolean startsEarly() {
        return major >= HOPPER;
    }

    @Override
    public String toString() {
        return "GPU " + ordinal + " (" + name + ", sm_" + major + minor + ")";
    }
}
