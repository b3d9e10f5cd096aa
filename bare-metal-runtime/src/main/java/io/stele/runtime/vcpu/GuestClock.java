package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;

/**
 * The guest counter. Generated code computes it from rdtsc; VM code also stores rdtsc whenever it enters Java, so that Java sees the very same
 * clock and between entries extrapolates with nanoTime.
 */
public final class GuestClock {
    /** As QEMU's default for the generic timer. */
    public static final long FREQUENCY = 62_500_000;
    private static final long NANOS_PER_TICK = 1_000_000_000L / FREQUENCY;

    private final long area;
    private final long scale;
    private long referenceTicks;
    private long referenceNanos;

    /**
     * @param area CPU area whose entries give the time
     * @param tscKhz frequency of the VM's time stamp counter
     */
    public GuestClock(long area, long tscKhz) {
        this.area = area;
        scale = Math.round((double) FREQUENCY / (tscKhz * 1000.0) * 4294967296.0);
    }

    /** Sets counter 0 at the moment of the CPU's last entry into Java, for all CPUs given. */
    public void start(long[] areas) {
        long base = RawMemory.getLong(area + CpuArea.ENTER_TSC);
        for (long a : areas) {
            RawMemory.putLong(a + CpuArea.COUNTER_BASE, base);
            RawMemory.putLong(a + CpuArea.COUNTER_SCALE, scale);
            RawMemory.putLong(a + CpuArea.COUNTER_OFFSET, 0);
        }
        synchronise(System.nanoTime());
    }

    /** Counter at the last entry of a CPU into Java. */
    public static long atEntry(long area) {
        long elapsed = RawMemory.getLong(area + CpuArea.ENTER_TSC) - RawMemory.getLong(area + CpuArea.COUNTER_BASE);
        long scale = RawMemory.getLong(area + CpuArea.COUNTER_SCALE);
        long high = Math.multiplyHigh(elapsed, scale);
        return (high << 32 | elapsed * scale >>> 32) + RawMemory.getLong(area + CpuArea.COUNTER_OFFSET);
    }

    /** Notes that the CPU entered Java just before {@code now}. */
    public void synchronise(long now) {
        referenceTicks = atEntry(area);
        referenceNanos = now;
    }

    /** Counter at a nanoTime. */
    public long ticks(long now) {
        return referenceTicks + (now - referenceNanos) / NANOS_PER_TICK;
    }

    /** nanoTime at which the counter reaches {@code ticks}, rounded up; {@link Long#MAX_VALUE} when that is centuries away. */
    public long nanos(long ticks) {
        long distance = ticks - referenceTicks;
        return distance >= Long.MAX_VALUE / 2 / NANOS_PER_TICK ? Long.MAX_VALUE : referenceNanos + (distance + 1) * NANOS_PER_TICK;
    }
}
