package io.stele.platform.flash;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What drivers of Intel's command set do. */
class CfiFlashTest {
    private static final int BOTH = 0x1_0001;
    @TempDir
    private Path folder;
    private final List<String> lines = new ArrayList<>();
    private FlashFile file;
    private CfiFlash flash;

    @BeforeEach
    void open() throws IOException {
        file = new FlashFile(folder.resolve("variables"), CfiFlash.BYTES);
        flash = new CfiFlash(file, lines::add);
    }

    @AfterEach
    void close() {
        file.close();
    }

    private void write(long offset, int value) {
        flash.write(offset, 4, value);
    }

    private int read(long offset) {
        return (int) flash.read(offset, 4);
    }

    private void erase(long offset) {
        write(offset, 0x20 * BOTH);
        write(offset, 0xd0 * BOTH);
        assertEquals(0x80 * BOTH, read(offset));
        write(offset, 0xff * BOTH);
    }

    @Test
    void answersTheQuery() {
        write(0x55 * 4, 0x98 * BOTH);
        assertEquals('Q' * BOTH, read(0x40));
        assertEquals('R' * BOTH, read(0x44));
        assertEquals('Y' * BOTH, read(0x48));
        assertEquals('Q', flash.read(0x40, 1));
        assertEquals('Q', flash.read(0x42, 2));
        int blocks = 1 + (read(0x2d * 4) & 0xff | (read(0x2e * 4) & 0xff) << 8);
        int bytes = ((read(0x2f * 4) & 0xff) << 8 | (read(0x30 * 4) & 0xff) << 16) * 2;
        assertEquals(CfiFlash.BYTES, (long) blocks * bytes);
        write(0, 0xff * BOTH);
        assertEquals(0, read(0x40));
        write(0, 0x90 * BOTH);
        assertEquals(0x89 * BOTH, read(0));
        assertEquals(0x18 * BOTH, read(4));
    }

    @Test
    void erasesASectorAndNoOther() {
        erase(0x4_0000 + 12);
        assertEquals(0, read(0x3_fffc));
        assertEquals(-1, read(0x4_0000));
        assertEquals(-1, read(0x7_fffc));
        assertEquals(0, read(0x8_0000));
    }

    @Test
    void programsWordsAndBuffersAndKeepsThem() throws IOException {
        erase(0);
        write(8, 0x40 * BOTH);
        write(8, 0x1234_5678);
        assertEquals(0x80 * BOTH, read(8));
        write(0, 0xff * BOTH);
        assertEquals(0x1234_5678, read(8));
        write(0x100, 0xe8 * BOTH);
        assertEquals(0x80 * BOTH, read(0x100));
        write(0x100, 3 * BOTH);
        for (int i = 0; i < 4; i++) {
            write(0x100 + 4 * i, 100 + i);
        }
        write(0x100, 0xd0 * BOTH);
        assertEquals(0x80 * BOTH, read(0x100));
        write(0x100, 0xff * BOTH);
        assertEquals(103, read(0x10c));
        assertEquals(-1, read(0x110));
        assertEquals(101L | 102L << 32, flash.read(0x104, 8));
        file.close();
        file = new FlashFile(folder.resolve("variables"), CfiFlash.BYTES);
        assertEquals(103, (int) new CfiFlash(file, lines::add).read(0x10c, 4));
        assertEquals(CfiFlash.BYTES, Files.size(folder.resolve("variables")));
    }

    @Test
    void whatMakesNoSenseIsAnErrorOfTheChip() {
        write(0, 0xe8 * BOTH);
        write(0, 3 * BOTH);
        write(0x100, 1);
        write(0x500, 1);
        assertEquals(0x90 * BOTH, read(0));
        write(0, 0x50 * BOTH);
        write(0, 0x70 * BOTH);
        assertEquals(0x80 * BOTH, read(0));
        write(CfiFlash.BYTES - 4, 0x40 * BOTH);
        flash.write(CfiFlash.BYTES - 4, 8, 1);
        assertEquals(0x90 * BOTH, read(0));
        assertEquals(List.of(), lines);
    }
}
