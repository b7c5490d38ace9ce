package dev.filigree.runtime.kernel.cuda;

/**
 * One kernel launch.
 *
 * @param kernel entry point
 * @param grid in blocks
 * @param threads of a block
 * @param sharedBytes dynamic shared memory of a block
 * @param arguments of the kernel in its order: {@code Long} for a pointer, {@code Integer} or {@code Float}
 */
record Launch(String kernel, Grid grid, int threads, int sharedBytes, Object... arguments) {
    /**
     * Blocks of a launch.
     *
     * @param x fastest
     * @param y second
     * @param z slowest
     * @param cluster blocks along z that work together; 1: none do
     */
    record Grid(int x, int y, int z, int cluster) {
        Grid(int x, int y) {
            this(x, y, 1, 1);
        }
    }
}
