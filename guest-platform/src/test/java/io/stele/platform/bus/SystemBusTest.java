package io.stele.platform.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.stele.guest.GuestBus;
import org.junit.jupiter.api.Test;

class SystemBusTest {
    private static final class Register implements MmioDevice {
        String log = "";

        @Override
        public long read(long offset, int size) {
            log += "r" + offset + "/" + size + " ";
            return 42;
        }

        @Override
        public void write(long offset, int size, long value) {
            log += "w" + offset + "/" + size + "=" + value + " ";
        }
    }

    private final SystemBus bus = new SystemBus(new GuestRam(0x4000_0000L, 0x1000_0000L, 0x7000_0000_0000L));

    @Test
    void ramIsReachedByHostAddress() {
        assertEquals(0x7000_0000_0000L, bus.ramAddress(0x4000_0000L));
        assertEquals(0x7000_0fff_ffffL, bus.ramAddress(0x4fff_ffffL));
        assertEquals(0, bus.ramAddress(0x5000_0000L));
        assertEquals(0, bus.ramAddress(0x3fff_ffffL));
        assertEquals(0, bus.ramAddress(-1));
    }

    @Test
    void devicesSeeOffsetsAndSizes() {
        Register low = new Register();
        Register high = new Register();
        bus.attach(0x0901_0000L, 0x1000, high);
        bus.attach(0x0900_0000L, 0x1000, low);
        assertEquals(42, bus.readDevice(0x0900_0018L, 2));
        bus.writeDevice(0x0901_0ff8L, 8, 7);
        assertEquals("r24/2 ", low.log);
        assertEquals("w4088/8=7 ", high.log);
    }

    @Test
    void addressesThatNobodyClaimsFault() {
        bus.attach(0x0900_0000L, 0x1000, new Register());
        assertThrows(GuestBus.BusFault.class, () -> bus.readDevice(0x0900_1000L, 4));
        assertThrows(GuestBus.BusFault.class, () -> bus.readDevice(0x0900_0ffeL, 4));
        assertThrows(GuestBus.BusFault.class, () -> bus.writeDevice(0x08ff_ffffL, 1, 0));
        assertThrows(GuestBus.BusFault.class, () -> bus.writeDevice(0, 4, 0));
        assertThrows(GuestBus.BusFault.class, () -> bus.readDevice(-8, 8));
    }

    @Test
    void nothingIsSaidOfRegistersThatNobodyHas() {
        bus.attach(0x0900_0000L, 0x1000, new Register());
        for (long physical : new long[] {0x0900_0000L, 0x0900_1000L, 0x08ff_ffffL, 0x5000_0000L, -1}) {
            assertFalse(bus.isSteady(physical));
            assertFalse(bus.isPostable(physical));
        }
    }

    @Test
    void overlapsAreRefused() {
        bus.attach(0x0900_0000L, 0x1000, new Register());
        assertThrows(IllegalArgumentException.class, () -> bus.attach(0x0900_0800L, 0x1000, new Register()));
        assertThrows(IllegalArgumentException.class, () -> bus.attach(0x08ff_f800L, 0x1000, new Register()));
        assertThrows(IllegalArgumentException.class, () -> bus.attach(0x3fff_f000L, 0x2000, new Register()));
    }
}
