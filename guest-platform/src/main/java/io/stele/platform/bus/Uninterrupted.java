package io.stele.platform.bus;

import java.util.function.BooleanSupplier;

/** Waits of device code that must not end early. */
public final class Uninterrupted {
    private Uninterrupted() {
    }

    /** Waits on a monitor, which the calling thread has, until something is true. An interrupt stays pending meanwhile. */
    public static void await(Object monitor, BooleanSupplier condition) {
        boolean interrupted = false;
        while (!condition.getAsBoolean()) {
            try {
                monitor.wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
