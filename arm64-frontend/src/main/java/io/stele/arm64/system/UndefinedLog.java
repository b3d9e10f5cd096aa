package io.stele.arm64.system;

import java.util.function.Consumer;

/** Says once per instruction or register that the guest used something that does not exist here. */
public final class UndefinedLog {
    private static final int LIMIT = 256;

    private final Consumer<String> sink;
    private final int[] seen = new int[LIMIT];
    private int count;

    public UndefinedLog(Consumer<String> sink) {
        this.sink = sink;
    }

    /**
     * Reports {@code what} unless {@code key} was reported before.
     *
     * @param key instruction word with everything removed that does not name the cause
     */
    public synchronized void report(int key, String what, long pc) {
        for (int i = 0; i < count; i++) {
            if (seen[i] == key) {
                return;
            }
        }
        if (count == LIMIT) {
            return;
        }
        seen[count++] = key;
        sink.accept("undefined at 0x" + Long.toHexString(pc) + ": " + what);
    }

    /** True if {@link #report} would do nothing. */
    public synchronized boolean reported(int key) {
        for (int i = 0; i < count; i++) {
            if (seen[i] == key) {
                return true;
            }
        }
        return count == LIMIT;
    }
}
