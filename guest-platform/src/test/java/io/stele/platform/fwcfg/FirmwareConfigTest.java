package io.stele.platform.fwcfg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.platform.TestRam;
import io.stele.platform.bus.GuestRam;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The registers and the DMA requests that QEMU's document of the device describes. */
class FirmwareConfigTest {
    private static final byte[] CONTENT = "the content".getBytes(StandardCharsets.US_ASCII);
    private final GuestRam ram = TestRam.of(1 << 20);
    private final FirmwareConfig device = new FirmwareConfig(ram, 1, Map.of("etc/b", CONTENT, "etc/a", new byte[5]));

    private void select(int item) {
        device.write(8, 2, Short.reverseBytes((short) item) & 0xffff);
    }

    private String text(int bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes; i++) {
            text.append((char) device.read(0, 1));
        }
        return text.toString();
    }

    private int request(int control, int length, long address) {
        long at = ram.physical();
        ram.write(at, ByteBuffer.allocate(16).putInt(control).putInt(length).putLong(address).array());
        device.write(16, 4, Integer.reverseBytes((int) (at >>> 32)));
        device.write(20, 4, Integer.reverseBytes((int) at));
        return ByteBuffer.wrap(TestRam.read(ram, at, 4)).getInt();
    }

    @Test
    void tellsThatItIsThereAndThatItHasDma() {
        assertEquals("QEMU", text(4));
        assertEquals(0, device.read(0, 1));
        select(1);
        assertEquals(3, device.read(0, 4));
        assertEquals(0x47464320_554d4551L, device.read(16, 8));
        assertEquals(0x554d4551, (int) device.read(16, 4));
    }

    @Test
    void theDirectoryNamesTheFilesInOrder() {
        select(0x19);
        byte[] directory = text(4 + 128).getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer entries = ByteBuffer.wrap(directory);
        assertEquals(2, entries.getInt());
        assertEquals(5, entries.getInt());
        assertEquals(0x20, entries.getShort());
        assertEquals("etc/a", new String(directory, 12, 5, StandardCharsets.US_ASCII));
        assertEquals(CONTENT.length, entries.getInt(68));
        assertEquals(0x21, entries.getShort(72));
    }

    @Test
    void dmaReadsSkipsAndFillsUp() {
        long target = ram.physical() + 4096;
        assertEquals(0, request(0x21 << 16 | 8 | 2, 3, target));
        assertArrayEquals(Arrays.copyOf(CONTENT, 3), TestRam.read(ram, target, 3));
        assertEquals(0, request(4, 1, 0));
        assertEquals(0, request(2, 20, target));
        byte[] expected = Arrays.copyOf(Arrays.copyOfRange(CONTENT, 4, CONTENT.length), 20);
        assertArrayEquals(expected, TestRam.read(ram, target, 20));
    }

    @Test
    void liesAreErrorsAndTouchNothing() {
        assertEquals(1, request(0x21 << 16 | 8 | 2, 100, ram.end() - 10));
        assertEquals(1, request(0x21 << 16 | 8 | 2, -1, ram.physical()));
        assertEquals(1, request(0x21 << 16 | 8 | 16, 4, ram.physical() + 4096));
        device.write(16, 8, Long.reverseBytes(ram.end() - 8));
        device.write(16, 8, -1);
        select(0x7777);
        assertEquals(0, device.read(0, 8));
        assertEquals(0, request(2, 4, ram.physical() + 4096));
        assertEquals(0, request(4, -1, 0));
    }
}
