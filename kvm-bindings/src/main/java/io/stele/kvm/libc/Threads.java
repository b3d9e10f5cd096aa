package io.stele.kvm.libc;

/** The kernel's view of this process's threads. */
public final class Threads {
    /** A real-time signal that neither the JVM nor glibc uses. */
    private static final int KICK_SIGNAL = 42;

    private static int pid;

    private Threads() {
    }

    /** Makes {@link #interrupt} harmless; to be called before it. */
    public static synchronized void prepareKick() {
        if (pid == 0) {
            Libc.check("sigaction", Libc.catchAndIgnore(KICK_SIGNAL));
            pid = Libc.getpid();
        }
    }

    /**
     * Sends a signal without effect to a thread: a blocking call that cannot be restarted returns EINTR. Nothing happens if the thread has
     * ended.
     *
     * @param tid from {@link Libc#gettid}
     */
    public static void interrupt(int tid) {
        int result = Libc.tgkill(pid, tid, KICK_SIGNAL);
        if (result != -Errno.ESRCH) {
            Libc.check("tgkill", result);
        }
    }
}
