package io.stele.runtime.util;

/** Waits for threads. */
public final class Joining {
    private Joining() {}

    /** Returns when a thread has ended, or was never started. An interrupt stays pending meanwhile. */
    public static void await(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
