package dev.filigree.runtime.kernel.panel;

/**
 * One call's hold on a {@link Team}: it runs the call's jobs one after the other, each with the helpers that are there when it begins. Used
 * by one thread, which closes it at the end of the call.
 */
public final class Crew implements AutoCloseable {
    private final Team team;
    private boolean closed;

    Crew(Team team) {
        this.team = team;
    }

    /**
     * Runs a job to its end. Where calls overlap its length is what a new one may have to wait, and helpers that come too late for a job
     * take part in the next: split long work into several.
     *
     * @throws RuntimeException what the first worker to fail threw, as is an {@link Error}; the others have ended too
     */
    public void run(Team.Job job) {
        team.run(this, job);
    }

    /** Ends the call. Closing again does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            team.leave(this);
        }
    }
}
