package io.stele.tools.machine;

import io.stele.codegen.listing.ListingRows;
import java.io.IOException;

/** What the commands need from the rest of Stele. */
public interface Backend {
    /** Before anything is fetched for a machine. @throws RuntimeException with a line for the user if none can run on this host */
    default void checkHost() {}

    /** A machine that is ready to run. @throws MachineException if the configuration or the host does not allow it */
    GuestMachine create(MachineConfig config);

    /** The device tree blob that {@link #create} would give the guest. */
    byte[] deviceTree(MachineConfig config);

    /** Translates code without a VM and lists it: guest instruction, IR and x86 side by side. */
    void listCode(GivenCode code, ListingRows out) throws IOException;
}
