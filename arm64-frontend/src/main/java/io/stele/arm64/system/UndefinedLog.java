package io.stele.arm64.system;

import java.util.function.Consumer;

/**
 * Notes, once each, the instructions and registers that the guest used and that do not exist here. A kernel that does so is in trouble, so
 * it is said at once. Programs try what the CPU might have and handle the signal: that is said when somebody asks for the statistics.
 */
public final class UndefinedLog {
    private static final int LIMIT = 256;

    private final Consumer<String> sink;
    private final Keys kernel = new Keys();
    private final Keys programs = new Keys();
    private final StringBuilder tried = new StringBuilder();

    public UndefinedLog(Consumer<String> sink) {
        this.sink = sink;
    }

    /**
     * Notes {@code what} unless {@code key} was noted at this level before.
     *
     * @param key instruction word with everything removed that does not name the cause
     * @param privileged true at EL1
     */
    public synchronized void note(int key, boolean privileged, String what, long pc) {
        if (!(privileged ? kernel : programs).add(key)) {
            return;
        }
        String line = "0x" + Long.toHexString(pc) + ": " + what;
        if (privileged) {
            sink.accept("undefined at " + line + " at EL1");
        } else {
            tried.append("  ").append(line).append(System.lineSeparator());
        }
    }

    /** True if {@link #note} would do nothing. */
    public synchronized boolean noted(int key, boolean privileged) {
        return (privileged ? kernel : programs).hasOrIsFull(key);
    }

    /** What programs tried, a line for each with its address, below a heading. */
    public synchronized String report() {
        return String.format("%-28s%d%n", "undefined at EL0", programs.count) + tried;
    }

    /** So many different keys. */
    private static final class Keys {
        private final int[] keys = new int[LIMIT];
        private int count;

        boolean hasOrIsFull(int key) {
            for (int i = 0; i < count; i++) {
                if (keys[i] == key) {
                    return true;
                }
            }
            return count == LIMIT;
        }

        boolean add(int key) {
            boolean added = !hasOrIsFull(key);
            if (added) {
                keys[count++] = key;
            }
            return added;
        }
    }
}
