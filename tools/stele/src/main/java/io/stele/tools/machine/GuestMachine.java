package io.stele.tools.machine;

import java.io.IOException;

/** A machine with a guest in it, from power-on to power-off or reset. */
public interface GuestMachine extends AutoCloseable {
    /**
     * Runs the guest on the calling thread (and on what threads the machine starts) until it is over.
     *
     * @throws MachineException if the machine cannot go on
     */
    Outcome run();

    /** Makes {@link #run} return {@link Outcome#STOPPED} soon, whatever the guest does; by any thread, also before {@link #run}. */
    void requestStop();

    /**
     * Presses or releases the power button; by any thread, while {@link #run} runs.
     *
     * @return whether the guest listens to it
     */
    boolean powerButton(boolean pressed);

    /** Counters, several lines; after {@link #run}. */
    String statistics();

    /** Writes the generated code: guest instruction, IR and x86 side by side; after {@link #run}, if the configuration asked for it. */
    void dumpCode(Appendable out) throws IOException;

    /** Releases everything; after {@link #run}. */
    @Override
    void close();
}
