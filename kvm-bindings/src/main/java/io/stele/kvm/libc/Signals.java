package io.stele.kvm.libc;

/** How this process takes signals. */
public final class Signals {
    private static final int SIGHUP = 1;
    private static final int SIGINT = 2;
    private static final int SIGTERM = 15;

    private Signals() {
    }

    /** Makes SIGHUP, SIGINT and SIGTERM end the process at once from now on; the JVM would take them as requests for an end in order. */
    public static void restoreDefaults() {
        for (int signal : new int[] {SIGHUP, SIGINT, SIGTERM}) {
            Libc.check("sigaction", Libc.defaultAction(signal));
        }
    }
}
