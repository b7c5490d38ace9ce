package dev.filigree.tests.load.process;

/** What a process holds, and how much more of it a long run may find at its end than at its beginning. */
public enum Gauge {
    /** Memory of the process in use: the kernel's VmRSS. */
    RSS("RSS", "MB", 32),
    /** Heap in use right after a collection: what is not garbage. */
    LIVE_HEAP("heap after a collection", "MB", 8),
    /** Heap in use, garbage and all. */
    HEAP("heap", "MB", 0),
    /** Threads. */
    THREADS("threads", "", 4),
    /** Open files and sockets. */
    FILES("open files", "", 16);

    private final String label;
    private final String unit;
    private final double slack;

    Gauge(String label, String unit, double slack) {
        this.label = label;
        this.unit = unit;
        this.slack = slack;
    }

    /** Its name for people. */
    public String label() {
        return label;
    }

    /** Its unit: MB of 10⁶ bytes, or none. */
    public String unit() {
        return unit;
    }

    /** What it may grow by besides a share, in its unit: that much comes and goes with chance. */
    public double slack() {
        return slack;
    }

    /** Whether growth of it is a leak. The heap in use grows until the next collection, whatever is done. */
    public boolean isHeld() {
        return this != HEAP;
    }
}
