package io.stele.tools.bench;

import java.util.List;

/** Something that runs a job: Stele, QEMU, or the host itself. */
interface Target {
    /** One lower-case word. */
    String name();

    /** What exactly it is: version, CPU model. */
    String description();

    /** Whether it can run the job. */
    default boolean canRun(Job job) {
        return true;
    }

    /** The program and its arguments, whose standard output is the console. */
    List<String> command(Job job);

    /** The command as a user would type it. */
    default String reproduction(Job job) {
        return Shell.join(command(job));
    }
}
