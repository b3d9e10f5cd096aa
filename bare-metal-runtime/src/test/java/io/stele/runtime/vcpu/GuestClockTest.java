package io.stele.runtime.vcpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.codegen.CpuArea;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GuestClockTest {
    private static final int TSC_KHZ = 2_000_000;
    /** What passes between two looks at the host's clock. */
    private static final long TOLERANCE = GuestClock.FREQUENCY / 100_000;
    private static final long TICKS_PER_MILLI = GuestClock.FREQUENCY / 1000;

    private final HostMemory memory = HostMemory.map(CpuArea.BYTES);
    private final long area = memory.address();
    private final GuestClock clock = new GuestClock(TSC_KHZ);
    private long started;

    @BeforeEach
    void start() {
        enter(0, Mailbox.KIND_LEAVE);
        clock.start(area);
        started = System.nanoTime();
        clock.synchronise(area, started);
    }

    @AfterEach
    void end() {
        memory.close();
    }

    /** The CPU enters Java so many milliseconds after the start. */
    private void enter(long millis, int kind) {
        RawMemory.putLong(area + CpuArea.ENTER_TSC, 1_000_000 + millis * TSC_KHZ);
        RawMemory.putInt(area + Mailbox.KIND, kind);
    }

    private long after(long millis) {
        return started + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    @Test
    void theCounterGoesOnWhileTheCpuWaits() {
        enter(10, Mailbox.KIND_LEAVE);
        clock.synchronise(area, after(10));
        assertEquals(10_010 * TICKS_PER_MILLI, clock.ticks(after(10_010)), TOLERANCE);
        RawMemory.putInt(area + Mailbox.KIND, Mailbox.KIND_START);
        clock.synchronise(area, after(10_010));
        assertEquals(10_010 * TICKS_PER_MILLI, clock.ticks(after(10_010)), TOLERANCE);
        assertEquals(after(10_020), clock.nanos(10_020 * TICKS_PER_MILLI), TOLERANCE * 16);
    }

    @Test
    void anEntryThatIsServedLateMovesTheClockBackALittleOnly() {
        enter(10, Mailbox.KIND_LEAVE);
        clock.synchronise(area, after(12));
        long behind = 12 * TICKS_PER_MILLI - clock.ticks(after(12));
        assertEquals(2 * TICKS_PER_MILLI / 64, behind, TOLERANCE);
        enter(20, Mailbox.KIND_LEAVE);
        clock.synchronise(area, after(20));
        assertEquals(20 * TICKS_PER_MILLI, clock.ticks(after(20)), TOLERANCE);
    }
}
