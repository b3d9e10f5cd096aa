package io.stele.runtime;

import io.stele.guest.Walk;
import io.stele.kvm.KvmSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.locks.AbstractOwnableSynchronizer;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A machine that is stopped, by whomever and whenever, ends. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HypervisorStopTest {
    private static final long RAM = 0x4000_0000L;
    private static final long AWAIT_NANOS = 10_000_000;
    private static final long PAUSE_NANOS = 3_000_000;

    /**
     * Asks for code without an end. When its vCPU's own thread serves that, and the service thread, which polls, waits for the lock meanwhile,
     * the machine is stopped, as by a guest that powers off: who is woken then is still to get the lock.
     */
    private static final class StoppingIsa extends FakeIsa {
        private final Hypervisor hypervisor;
        private final Thread service = Thread.currentThread();
        private boolean stopped;

        private StoppingIsa(Hypervisor hypervisor) {
            this.hypervisor = hypervisor;
        }

        @Override
        public void walk(long state, int view, long va, int access, Walk result) {
            result.ok = false;
            if (!stopped && Thread.currentThread() != service && serviceComesToWait()) {
                stopped = true;
                hypervisor.stop();
            }
            if (stopped) {
                // The service thread comes to wait for the lock again; and later requests are no burst, which would wake it once more.
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }

        private boolean serviceComesToWait() {
            if (Arrays.stream(service.getStackTrace()).noneMatch(frame -> frame.getMethodName().equals("poll"))) {
                // It sleeps, until requests have come in a row.
                return false;
            }
            hypervisor.wake();
            long start = System.nanoTime();
            while (System.nanoTime() - start < AWAIT_NANOS) {
                if (LockSupport.getBlocker(service) instanceof AbstractOwnableSynchronizer && service.getState() == Thread.State.WAITING) {
                    return true;
                }
                Thread.onSpinWait();
            }
            return false;
        }

        @Override
        public void raiseAbort(long state, int view, long va, int access, Walk walk) {
            // It tries again.
        }
    }

    @Test
    void stopReachesAServiceThreadThatWaitsForTheLock() {
        Assumptions.assumeTrue(Files.isReadable(Path.of(KvmSystem.DEVICE)), KvmSystem.DEVICE + " is not there");
        try (Hypervisor hypervisor = new Hypervisor(1, RAM, 64L << 20)) {
            StoppingIsa isa = new StoppingIsa(hypervisor);
            hypervisor.attach(isa, new RamBus(0, 0, 0), line -> { });
            hypervisor.run(() -> {
                if (Thread.currentThread() == isa.service) {
                    // So long that the vCPU exits, and its own thread serves what it asks.
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
                return Long.MAX_VALUE;
            });
        }
    }
}
