package io.stele.tools.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What others did with the processors while a measurement ran: the busy time of all of them less this process and its children that have
 * ended, as a number of processors. Also the time that the host was not given to run at all ("steal").
 */
final class HostLoad {
    /** More than this makes a measurement worth little. */
    static final double TOLERABLE = 0.15;
    private static final double TICKS_PER_SECOND = 100;
    private static final int STEAL = 7;
    private static final int[] BUSY = {0, 1, 2, 5, 6, STEAL};
    private static final int OWN_FIRST = 13;
    private static final int OWN_COUNT = 4;

    private final Path proc;
    private final double startTicks;
    private final long startNanos;

    private HostLoad(Path proc) throws IOException {
        this.proc = proc;
        startTicks = foreignTicks();
        startNanos = System.nanoTime();
    }

    /** Begins to look. @param proc the folder /proc */
    static HostLoad start(Path proc) throws IOException {
        return new HostLoad(proc);
    }

    /** Processors that others used since the start, on average. To be asked for when the children have ended. */
    double foreign() throws IOException {
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        return Math.max(0, (foreignTicks() - startTicks) / TICKS_PER_SECOND / seconds);
    }

    private double foreignTicks() throws IOException {
        String[] all = Files.readString(proc.resolve("stat")).split("\n", 2)[0].trim().split("\\s+");
        double ticks = 0;
        for (int field : BUSY) {
            ticks += Double.parseDouble(all[1 + field]);
        }
        String self = Files.readString(proc.resolve("self/stat"));
        // Behind the name, which may hold anything, the fields count from the third.
        String[] own = self.substring(self.lastIndexOf(')') + 2).split(" ");
        for (int i = 0; i < OWN_COUNT; i++) {
            ticks -= Double.parseDouble(own[OWN_FIRST - 2 + i]);
        }
        return ticks;
    }
}
