package io.stele.tools.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.runtime.code.BlockFilter;
import io.stele.runtime.code.GuestProfile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages of programs are found by what is in them. */
class ElfPagesTest {
    private static final int PAGE = 4096;
    private static final long ADDRESS = 0x41_0000;

    @TempDir
    Path folder;

    /** A program with one segment of code, the file's second and third page, and two functions. */
    private static ByteBuffer program(int machine) {
        ByteBuffer elf = ByteBuffer.allocate(3 * PAGE - 100).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(0, new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).putShort(18, (short) machine);
        elf.putLong(32, 64).putLong(40, 512).putShort(54, (short) 56).putShort(56, (short) 1).putShort(58, (short) 64).putShort(60, (short) 3);
        elf.putInt(64, 1).putInt(68, 5).putLong(72, PAGE).putLong(80, ADDRESS).putLong(96, 2 * PAGE - 100);
        // Section 1 has the symbols, section 2 their names.
        elf.putInt(576 + 4, 2).putLong(576 + 24, 1024).putLong(576 + 32, 3 * 24).putInt(576 + 40, 2).putLong(640 + 24, 2048);
        elf.put(2049, "first\0second\0".getBytes(StandardCharsets.US_ASCII));
        symbol(elf, 1048, 1, ADDRESS + 16);
        symbol(elf, 1072, 7, ADDRESS + PAGE + 8);
        for (int at = PAGE; at < elf.capacity() - 4; at += 4) {
            elf.putInt(at, at * 77);
        }
        return elf;
    }

    private static void symbol(ByteBuffer elf, int at, int name, long address) {
        elf.putInt(at, name).put(at + 4, (byte) 0x12).putShort(at + 6, (short) 1).putLong(at + 8, address);
    }

    private static long hash(ByteBuffer file, int page) {
        ByteBuffer whole = ByteBuffer.allocate(4 * PAGE).order(ByteOrder.LITTLE_ENDIAN).put(0, file.array());
        long hash = 0;
        for (int at = 0; at < PAGE; at += 8) {
            hash = GuestProfile.hash(hash, whole.getLong(page + at));
        }
        return hash;
    }

    @Test
    void functionsOfKnownPagesHaveNames() throws IOException {
        ByteBuffer elf = program(183);
        Files.write(Files.createDirectories(folder.resolve("usr/bin")).resolve("tool"), elf.array());
        Files.writeString(folder.resolve("readme"), "no program");
        ElfPages pages = ElfPages.of(List.of(folder));
        assertEquals(new ElfPages.Place("tool", null), pages.find(hash(elf, PAGE), 12));
        assertEquals(new ElfPages.Place("tool", "first"), pages.find(hash(elf, PAGE), 16));
        assertEquals(new ElfPages.Place("tool", "first"), pages.find(hash(elf, 2 * PAGE), 4));
        assertEquals(new ElfPages.Place("tool", "second"), pages.find(hash(elf, 2 * PAGE), 8));
        assertNull(pages.find(hash(elf, 0), 0));
    }

    @Test
    void blocksBelongToFunctionsByTheirPage() throws IOException {
        ByteBuffer elf = program(183);
        Files.write(folder.resolve("tool"), elf.array());
        ElfPages pages = ElfPages.of(List.of(folder));
        long anywhere = 0x7f00_0000_1000L;
        BlockFilter first = pages.function("tool:first");
        assertTrue(first.wants(anywhere + 16, hash(elf, PAGE)) && first.wants(anywhere + 4, hash(elf, 2 * PAGE)));
        assertFalse(first.wants(anywhere + 12, hash(elf, PAGE)), "in front of it");
        assertFalse(first.wants(anywhere + 8, hash(elf, 2 * PAGE)), "behind it");
        assertFalse(first.wants(anywhere + 16, 1), "another page");
        assertTrue(pages.function("second").wants(anywhere + 8, hash(elf, 2 * PAGE)));
        assertNull(pages.function("third"));
        assertNull(pages.function("other:first"));
    }

    @Test
    void whatIsNoProgramOfTheGuestIsPassedOver() throws IOException {
        ByteBuffer elf = program(62);
        Files.write(folder.resolve("foreign"), elf.array());
        ByteBuffer damaged = program(183);
        damaged.putLong(40, 1 << 29);
        Files.write(folder.resolve("damaged"), damaged.array());
        ElfPages pages = ElfPages.of(List.of(folder));
        assertNull(pages.find(hash(elf, PAGE), 16));
        assertNull(pages.find(hash(damaged, PAGE), 16));
    }
}
