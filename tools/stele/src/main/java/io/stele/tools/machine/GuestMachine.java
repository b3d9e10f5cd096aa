package io.stele.tools.machine;

import io.stele.codegen.listing.ListingRows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

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

    /** What each CPU was about at the end, in one line, "CPU 0 runs, in vfs_read (0xffff800008012340)"; after {@link #run}. */
    String whereabouts();

    /** Counters, several lines; after {@link #run}. */
    String statistics();

    /** The same as JSON: groups, counters, values; after {@link #run}. */
    String statisticsJson();

    /** Lists the generated code: guest instruction, IR and x86 side by side; after {@link #run}, if the configuration asked for it. */
    void dumpCode(ListingRows out) throws IOException;

    /** Lists the blocks that took most time, the hottest first; after {@link #run}, if the configuration asked for code and samples. */
    void dumpHot(int count, ListingRows out) throws IOException;

    /**
     * Lists the code that was generated for a place; after {@link #run}, if the configuration asked for code.
     *
     * @param place a function of the guest's kernel or of a program, FUNCTION or PROGRAM:FUNCTION, or an address in hexadecimal with 0x, of one
     *     instruction
     * @param symbols programs and libraries of the guest, and folders of them
     * @throws MachineException if there is no such function, or nothing was generated for the place
     */
    void dumpPlace(String place, List<Path> symbols, ListingRows out) throws IOException;

    /**
     * Writes where the guest spent its time, as folded stacks; after {@link #run}, if the configuration asked for samples.
     *
     * @param symbols programs of the guest, and folders with such
     */
    void writeProfile(List<Path> symbols, Appendable out) throws IOException;

    /** Writes what the runtime has done as a flight recording of the JVM; after {@link #run}, if the configuration asked for events. */
    void writeEvents(Path file) throws IOException;

    /** Releases everything; after {@link #run}. */
    @Override
    void close();
}
