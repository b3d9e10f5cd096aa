package io.stele.tools.bench;

import io.stele.tools.guest.KernelModules;
import java.util.List;

/** A device that a machine is measured with, in addition to its console, and the same on all systems. */
enum Attachment {
    /** /dev/vda, a raw file of {@link Surroundings#DISK_BYTES} that is empty at the start. Writes go to the host's page cache. */
    DISK(KernelModules.DISK),
    /** eth0 through a passt of its own. The host has an iperf3 server at port {@link Surroundings#port} of the gateway. */
    NETWORK(KernelModules.NETWORK),
    /** A folder of the host, empty at the start, by 9p2000.L with the tag {@link Surroundings#TAG}. */
    SHARE(KernelModules.SHARE);

    private final List<String> modules;

    Attachment(List<String> modules) {
        this.modules = modules;
    }

    /** The modules of the default guest's kernel that drive it, in an order in which they can be loaded. */
    List<String> modules() {
        return modules;
    }
}
