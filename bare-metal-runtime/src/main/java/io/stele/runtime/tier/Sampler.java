package io.stele.runtime.tier;

import io.stele.runtime.common.SampleListener;
import io.stele.runtime.memory.CoalescedMmio;
import io.stele.runtime.util.Joining;
import io.stele.runtime.vcpu.SampleRing;
import io.stele.runtime.vcpu.VirtualCpu;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/** A thread that has the vCPUs sampled while they execute code, and hands the samples on now and then. See docs/interrupts-and-time.md. */
public final class Sampler implements AutoCloseable {
    private static final long DRAIN_NANOS = 16_000_000;
    /** So long no vCPU has executed code, and the thread looks more rarely. */
    private static final long IDLE_AFTER_NANOS = 32_000_000;
    private static final long IDLE_NANOS = 100_000_000;

    private final SampleRing[] rings;
    private final SampleListener listener;
    private final SamplingPace pace;
    private final CoalescedMmio mmio;
    private final Executor locked;
    private final Thread thread;
    private volatile boolean stopped;

    /**
     * @param listener called with the lock
     * @param mmio what waits there is not left waiting
     * @param locked runs something with the lock of the machine, on the calling thread
     */
    public Sampler(VirtualCpu[] cpus, SampleListener listener, SamplingPace pace, CoalescedMmio mmio, Executor locked) {
        this.listener = listener;
        this.pace = pace;
        this.mmio = mmio;
        this.locked = locked;
        rings = new SampleRing[cpus.length];
        for (int i = 0; i < cpus.length; i++) {
            rings[i] = new SampleRing(cpus[i]);
        }
        thread = new Thread(this::run, "sampler");
        thread.setDaemon(true);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        long now = System.nanoTime();
        long executed = now;
        long drained = now;
        pace.begin(now);
        while (!stopped) {
            // What was done since the last look at the clock, as making a cluster, is no time without execution.
            boolean idle = now - executed >= IDLE_AFTER_NANOS;
            LockSupport.parkNanos(this, idle ? IDLE_NANOS : pace.period(now));
            now = System.nanoTime();
            boolean begun = pace.hasBegun(now);
            if (!begun || ask()) {
                executed = now;
            }
            if (begun && !idle && now - drained >= DRAIN_NANOS) {
                drained = now;
                locked.execute(this::drain);
            }
            if (mmio.isWaiting()) {
                locked.execute(mmio::drain);
            }
        }
    }

    /** True if a vCPU takes a sample. */
    private boolean ask() {
        boolean executing = false;
        for (SampleRing ring : rings) {
            executing |= ring.ask();
        }
        return executing;
    }

    private void drain() {
        for (SampleRing ring : rings) {
            ring.drain(listener);
        }
    }

    /** Ends the thread, and waits for that. */
    @Override
    public void close() {
        stopped = true;
        LockSupport.unpark(thread);
        Joining.await(thread);
    }
}
