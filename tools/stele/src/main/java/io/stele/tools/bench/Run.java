package io.stele.tools.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** What one start of one target gave. */
final class Run {
    /**
     * A figure.
     *
     * @param output checksum of what the program wrote, filtered; empty if it did not tell
     * @param rounded checksum of the same, rounded to what does not depend on the processor
     */
    record Figure(long nanos, long operations, String output, String rounded) {
    }

    /** The figure of each start: from the process's start to the first line of user space. */
    static final String BOOT = "boot";

    final String workload;
    final String target;
    final int round;
    final Map<String, Figure> figures = new LinkedHashMap<>();
    /** One line; null if everything went well. */
    String failure;
    /** Processors that others used meanwhile. */
    double foreignLoad;

    Run(String workload, String target, int round) {
        this.workload = workload;
        this.target = target;
        this.round = round;
    }

    boolean disturbed() {
        return foreignLoad > HostLoad.TOLERABLE;
    }
}
