package io.stele.tools.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PanicWatchTest {
    private final StringBuilder passed = new StringBuilder();
    private final PanicWatch watch = new PanicWatch(value -> passed.append((char) (value & 0xff)));

    private void print(String text) {
        for (byte value : text.getBytes(StandardCharsets.ISO_8859_1)) {
            watch.put(value);
        }
    }

    @Test
    void kernelsMessageIsFoundWithItsReason() {
        print("[    1.5] Run /init as init process\r\n[    1.234567] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\r\n");
        assertTrue(watch.panicked());
        assertEquals("Attempted to kill init! exitcode=0x00000100", watch.message());
        assertFalse(watch.isOver(0));
    }

    @Test
    void messageWithoutTimeStampCounts() {
        print("Kernel panic - not syncing: x\n");
        assertTrue(watch.panicked());
    }

    @Test
    void sameWordsInsideOfALineDoNotCount() {
        print("$ echo Kernel panic - not syncing: x\r\n$ grep 'Kernel panic - not syncing' log\r\n");
        assertFalse(watch.panicked());
    }

    @Test
    void silenceAfterTheLastLineMeansThatItIsOver() {
        print("[    1.2] Kernel panic - not syncing: VFS\r\n[    1.3] ---[ end Kernel panic - not syncing: VFS ]---\r\n");
        assertTrue(watch.isOver(0));
        assertFalse(watch.isOver(60_000_000_000L));
        assertEquals("VFS", watch.message());
    }

    @Test
    void outputAfterTheLastLineMeansThatTheGuestLives() {
        print("[    1.2] Kernel panic - not syncing: VFS\n[    1.3] ---[ end Kernel panic - not syncing: VFS ]---\n~ # ");
        assertFalse(watch.isOver(0));
        assertFalse(watch.panicked());
    }

    @Test
    void everythingIsPassedOn() {
        print("a\r\n\377Kernel panic");
        assertEquals("a\r\n\377Kernel panic", passed.toString());
    }
}
