package io.stele.kvm.libc;

/** How this process takes signals. */
public final class Signals {
    private static final int SIGHUP = 1;
    private static final int SIGINT = 2;
    private static final int SIGTERM = 15;

    /** How the JVM calls the thread that takes a signal: its name, then this. */
    private static final String HANDLER = " handler";

    private Signals() {
    }

    /** Name, without SIG, of the signal for which the JVM runs its shutdown hooks; TERM if there is none. */
    public static String causeOfShutdown() {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            String name = thread.getName();
            if (name.startsWith("SIG") && name.endsWith(HANDLER)) {
                return name.substring("SIG".length(), name.length() - HANDLER.length());
            }
        }
        return "TERM";
    }

    /** Makes SIGHUP, SIGINT and SIGTERM end the process at once from now on; the JVM would take them as requests for an end in order. */
    public static void restoreDefaults() {
        for (int signal : new int[] {SIGHUP, SIGINT, SIGTERM}) {
            Libc.check("sigaction", Libc.defaultAction(signal));
        }
    }
}
