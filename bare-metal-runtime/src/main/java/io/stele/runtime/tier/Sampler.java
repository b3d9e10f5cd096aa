package io.stele.runtime.tier;

import io.stele.runtime.common.SampleListener;
import io.stele.runtime.memory.CoalescedMmio;
import io.stele.runtime.util.Joining;
import io.stele.runtime.vcpu.SampleRing;
import io.stele.runtime.vcpu.VirtualCpu;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/** A thread that has the vCPUs sampled a thousand times in a second while they execute code, and hands the samples on now and then. */
public final class Sampler implements AutoCloseable {
    private static final long PERIOD_NANOS = 1_000_000;
    private static final int PERIODS_PER_DRAIN = 16;
    /** So many periods in which no vCPU executed code, and the thread looks more rarely. */
    private static final int IDLE_PERIODS = 32;
    private static final long IDLE_NANOS = 100_000_000;

    private final SampleRing[] rings;
    private final SampleListener listener;
    private final CoalescedMmio mmio;
    private final Executor locked;
    private final Thread thread;
    private volatile boolean stopped;

    /**
     * @param listener called with the lock
     * @param mmio what waits there is not left waiting
     * @param locked runs something with the lock of the machine, on the calling thread
     */
    public Sampler(VirtualCpu[] cpus, SampleListener listener, CoalescedMmio mmio, Executor locked) {
        this.listener = listener;
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
        int idle = 0;
        int periods = 0;
        while (!stopped) {
            LockSupport.parkNanos(this, idle < IDLE_PERIODS ? PERIOD_NANOS : IDLE_NANOS);
            boolean executing = false;
            for (SampleRing ring : rings) {
                executing |= ring.ask();
            }
            idle = executing ? 0 : idle + 1;
            if (++periods >= PERIODS_PER_DRAIN && idle < 2 * IDLE_PERIODS) {
                periods = 0;
                locked.execute(this::drain);
            }
            if (mmio.isWaiting()) {
                locked.execute(mmio::drain);
            }
        }
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
