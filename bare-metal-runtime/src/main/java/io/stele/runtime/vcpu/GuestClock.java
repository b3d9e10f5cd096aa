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

    /** A measurement of the two clocks' distance that is behind the one in use moves it by this part. */
    private static final int SMOOTHING = 64;

    private final long scale;
    private long referenceTicks;
    private long referenceNanos;

    /** @param tscKhz frequency of the VM's time stamp counter */
    public GuestClock(long tscKhz) {
        scale = Math.round((double) FREQUENCY / (tscKhz * 1000.0) * 4294967296.0);
    }

    /** Sets counter 0 at the moment of the first CPU's last entry into Java, for all CPUs. @param areas of the CPUs */
    public void start(long... areas) {
        long base = RawMemory.getLong(areas[0] + CpuArea.ENTER_TSC);
        for (long area : areas) {
            RawMemory.putLong(area + CpuArea.COUNTER_BASE, base);
            RawMemory.putLong(area + CpuArea.COUNTER_SCALE, scale);
            RawMemory.putLong(area + CpuArea.COUNTER_OFFSET, 0);
        }
        referenceNanos = System.nanoTime();
    }

    /** Counter at the last entry of a CPU into Java. */
    public static long atEntry(long area) {
        long elapsed = RawMemory.getLong(area + CpuArea.ENTER_TSC) - RawMemory.getLong(area + CpuArea.COUNTER_BASE);
        long scale = RawMemory.getLong(area + CpuArea.COUNTER_SCALE);
        long high = Math.multiplyHigh(elapsed, scale);
        return (high << 32 | elapsed * scale >>> 32) + RawMemory.getLong(area + CpuArea.COUNTER_OFFSET);
    }

    /**
     * Notes that a CPU entered Java shortly before {@code now}; the sooner before, the better. One that has just started or waited has not: its
     * last entry is as long ago as it waited.
     *
     * @param area of the CPU
     */
    public void synchronise(long area, long now) {
        if (RawMemory.getInt(area + Mailbox.KIND) == Mailbox.KIND_START) {
            return;
        }
        long measured = atEntry(area);
        long behind = ticks(now) - measured;
        referenceTicks = measured + (behind > 0 ? behind - behind / SMOOTHING : 0);
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
