package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.SampleListener;

/**
 * Where a vCPU spends its time, by samples that cost it no request: {@link #ask} raises a flag that generated code looks at before backward and
 * indirect jumps and jumps to other pages; a routine in the VM stores the target of the jump in a ring ({@link CpuArea#SAMPLE_RING}), and the
 * guest goes on. {@link #drain} reads the ring.
 *
 * <p>Who needs registers or the call chain has to ask for an interrupt instead (INTERRUPT_PENDING = {@link CpuArea#INTERRUPT}): that leaves to
 * Java with the precise state, at the price of a request.
 */
public final class SampleRing {
    private final VirtualCpu cpu;
    private int seen;

    public SampleRing(VirtualCpu cpu) {
        this.cpu = cpu;
    }

    /** Has the vCPU take a sample soon if it executes generated code; by any thread. False if it does not, or something else is pending. */
    public boolean ask() {
        return cpu.mailbox().state() == Mailbox.NONE
            && RawMemory.compareAndSetInt(cpu.area() + CpuArea.INTERRUPT_PENDING, CpuArea.NOTHING_PENDING, CpuArea.SAMPLE);
    }

    /** Hands over the samples since the last call, the oldest first, as far as the ring still has them; by one thread at a time. */
    public void drain(SampleListener listener) {
        int count = RawMemory.getIntAcquire(cpu.area() + CpuArea.SAMPLE_COUNT);
        if (count - seen > CpuArea.SAMPLES) {
            seen = count - CpuArea.SAMPLES;
        }
        for (; seen != count; seen++) {
            long entry = cpu.area() + CpuArea.SAMPLE_RING + (long) (seen & CpuArea.SAMPLES - 1) * CpuArea.SAMPLE_BYTES;
            listener.sample(cpu.index(), RawMemory.getLong(entry), RawMemory.getInt(entry + 8) & CpuArea.TAG_MASK, RawMemory.getInt(entry + 12));
        }
    }
}
