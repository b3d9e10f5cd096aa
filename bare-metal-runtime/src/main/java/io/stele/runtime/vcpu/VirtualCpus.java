package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.Statistics;
import java.util.concurrent.locks.LockSupport;

/**
 * The vCPUs of a machine, and how the thread that serves one of them reaches the others. For the thread that has the lock.
 *
 * <p>A vCPU that has a request, waits or is off stands still: nobody but who has the lock can let it go on. One that runs is asked through
 * INTERRUPT_PENDING, which generated code looks at in every loop, and waited for. With one vCPU nothing here costs anything.
 */
public final class VirtualCpus {
    /** A vCPU that was waited for has ended, or is about to: so is the machine. */
    public static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Ended() {
            super("a vCPU has ended", null, false, false);
        }
    }

    private static final int SPINS = 500;
    private static final long PAUSE_NANOS = 20_000;

    private final VirtualCpu[] all;
    private final Statistics statistics;
    private VirtualCpu served;
    /** Bits by index: who has been asked to stop, and who to flush, and has not been waited for. */
    private long stopping;
    private long flushing;

    public VirtualCpus(VirtualCpu[] all, Statistics statistics) {
        this.all = all;
        this.statistics = statistics;
    }

    /** All, by index. */
    public VirtualCpu[] all() {
        return all;
    }

    /** True if there is one only. */
    public boolean alone() {
        return all.length == 1;
    }

    /** How many want a core. */
    public int wantedCores() {
        int count = 0;
        for (VirtualCpu cpu : all) {
            count += cpu.mailbox().wantsCore() ? 1 : 0;
        }
        return count;
    }

    /** From now on this one is served. */
    public void serving(VirtualCpu cpu) {
        served = cpu;
    }

    /** The one whose request is being served. */
    public VirtualCpu served() {
        return served;
    }

    /** The one with this CPU area. */
    public VirtualCpu of(long area) {
        return all[(int) ((area - all[0].area()) / CpuArea.BYTES)];
    }

    /** Has a vCPU that runs leave what it executes, and find its code anew; does not wait for it. */
    public static void visit(VirtualCpu cpu) {
        pend(cpu, CpuArea.VISIT);
    }

    /** Has a vCPU leave for Java soon; does not wait for it. */
    public static void call(VirtualCpu cpu) {
        pend(cpu, CpuArea.INTERRUPT);
    }

    /** For the vCPU that is served and about to be dispatched: whatever was pending is done by that, but for a sample. */
    public static void settle(VirtualCpu cpu) {
        long pending = cpu.area() + CpuArea.INTERRUPT_PENDING;
        int bits = RawMemory.getIntVolatile(pending);
        if (bits != CpuArea.NOTHING_PENDING && bits != CpuArea.SAMPLE) {
            RawMemory.putIntVolatile(pending, (bits & CpuArea.SAMPLE) != 0 ? CpuArea.SAMPLE : CpuArea.NOTHING_PENDING);
        }
    }

    private static void pend(VirtualCpu cpu, int bit) {
        long pending = cpu.area() + CpuArea.INTERRUPT_PENDING;
        int bits = RawMemory.getIntVolatile(pending);
        RawMemory.putIntVolatile(pending, bits == CpuArea.NOTHING_PENDING ? bit : bits | bit);
    }

    /** Asks a vCPU to come to its mailbox; {@link #await} waits for that. It has lost what it found in probe tables then. */
    public void stop(VirtualCpu cpu) {
        call(cpu);
        stopping |= 1L << cpu.index();
    }

    /**
     * Asks a vCPU to flush its TLB and to leave the code that it executes; {@link #await} waits until it has, or is certain to before it
     * executes anything else.
     */
    public void flush(VirtualCpu cpu) {
        cpu.mailbox().askFlush();
        visit(cpu);
        flushing |= 1L << cpu.index();
    }

    /** Waits for those who were asked. @throws Ended when there is nobody to wait for any more */
    public void await() {
        long waiting = stopping | flushing;
        if (waiting == 0) {
            return;
        }
        statistics.rendezvous++;
        long started = System.nanoTime();
        for (; waiting != 0; waiting &= waiting - 1) {
            int index = Long.numberOfTrailingZeros(waiting);
            await(all[index], (stopping >>> index & 1) == 0);
        }
        stopping = 0;
        flushing = 0;
        statistics.rendezvousNanos += System.nanoTime() - started;
    }

    private static void await(VirtualCpu cpu, boolean flush) {
        int spins = 0;
        while (cpu.mailbox().state() == Mailbox.NONE && !(flush && cpu.mailbox().isFlushed())) {
            if (cpu.hasEnded()) {
                throw new Ended();
            }
            if (++spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(cpu, PAUSE_NANOS);
            }
        }
    }

    /** Stops all but the one that is served: on return each stands in its mailbox, until the lock is free again. */
    public void stopOthers() {
        if (alone()) {
            return;
        }
        for (VirtualCpu cpu : all) {
            if (cpu != served) {
                stop(cpu);
            }
        }
        await();
    }
}
