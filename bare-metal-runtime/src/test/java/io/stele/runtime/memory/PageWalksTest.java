package io.stele.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.guest.EntryPattern;
import io.stele.guest.GuestBus;
import io.stele.guest.Walk;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.runtime.FakeIsa;
import io.stele.runtime.RamBus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Walks of neighbours find what a walk of each page finds. */
class PageWalksTest {
    private static final long RAM = 0x4000_0000L;
    private static final int BYTES = 1 << 20;
    private static final long BASE = 0x7f00_0020_0000L;
    /** Bits of an entry: there is a page; it may only be read; it is a device; its code has an attribute. */
    private static final long PRESENT = 1;
    private static final long READ_ONLY = 2;
    private static final long DEVICE = 4;
    private static final long GUARDED = 8;

    private final HostMemory memory = HostMemory.map(BYTES);
    private int walked;
    private boolean telling = true;

    /** The RAM appears at address 0, too. */
    private final GuestBus bus = new RamBus(RAM, BYTES, memory.address()) {
        @Override
        public long ramAddress(long physical) {
            return super.ramAddress(canonical(physical));
        }

        @Override
        public long canonical(long physical) {
            return physical >= 0 && physical < BYTES ? RAM + physical : physical;
        }
    };

    /** One table of 512 entries for each 2 MiB, one behind the other at the beginning of RAM. */
    private final FakeIsa isa = new FakeIsa() {
        @Override
        public boolean entryPattern(long state, EntryPattern pattern) {
            return telling;
        }

        @Override
        public void walk(long state, int view, long va, int access, Walk result) {
            walked++;
            long entry = entry(va);
            long value = RawMemory.getLong(bus.ramAddress(entry));
            result.ok = (value & PRESENT) != 0;
            result.physical = bus.canonical(value & -4096L | va & 4095);
            result.writable = (value & READ_ONLY) == 0;
            result.device = (value & DEVICE) != 0;
            result.codeAttributes = (value & GUARDED) != 0 ? 1 : 0;
            result.blockBytes = 4096;
            result.entry = entry;
            result.entryAttributes = value & 4095;
        }
    };

    @AfterEach
    void close() {
        memory.close();
    }

    private static long entry(long va) {
        return RAM + (va - BASE >> 12) * Long.BYTES;
    }

    private void map(int page, long value) {
        RawMemory.putLong(bus.ramAddress(entry(BASE + page * 4096L)), value);
    }

    private void fillTables() {
        for (int page = 0; page < 1024; page++) {
            long physical = RAM + 0x10000 + page % 64 * 4096L;
            map(page, switch (page % 8) {
                case 0 -> 0;
                case 1 -> physical | PRESENT | READ_ONLY;
                case 2 -> 0x1_0000_0000L | PRESENT;
                case 3 -> physical | PRESENT | DEVICE;
                case 4 -> physical;
                case 5 -> physical - RAM | PRESENT;
                case 6 -> physical | PRESENT | GUARDED;
                default -> physical | PRESENT;
            });
        }
    }

    private void compareAll() {
        PageWalks walks = new PageWalks(isa, bus);
        walks.begin(0, 0, Walk.READ);
        Walk expected = new Walk();
        for (int page = 0; page < 1024; page++) {
            long va = BASE + page * 4096L + page;
            isa.walk(0, 0, va, Walk.READ, expected);
            Walk found = walks.at(va);
            assertEquals(expected.ok, found.ok, "page " + page);
            if (expected.ok) {
                assertEquals(expected.physical, found.physical, "page " + page);
                assertEquals(expected.writable, found.writable, "page " + page);
                assertEquals(expected.device, found.device, "page " + page);
                assertEquals(expected.codeAttributes, found.codeAttributes, "page " + page);
            }
        }
    }

    @Test
    void neighboursAreFoundAsByWalks() {
        fillTables();
        compareAll();
        telling = false;
        walked = 0;
        compareAll();
        assertEquals(2048, walked, "entries do not tell all");
    }

    @Test
    void aTableOfEqualPagesTakesOneWalk() {
        for (int page = 0; page < 1024; page++) {
            map(page, page % 5 == 4 ? 0 : RAM + 0x20000 | PRESENT);
        }
        PageWalks walks = new PageWalks(isa, bus);
        walks.begin(0, 0, Walk.READ);
        for (int page = 0; page < 1024; page++) {
            assertEquals(page % 5 != 4, walks.at(BASE + page * 4096L).ok);
        }
        assertEquals(2, walked);
    }

    @Test
    void anotherSpaceIsWalkedAnew() {
        map(0, RAM + 0x20000 | PRESENT);
        PageWalks walks = new PageWalks(isa, bus);
        walks.begin(0, 0, Walk.READ);
        assertTrue(walks.at(BASE).ok);
        map(0, 0);
        walks.begin(0, 0, Walk.READ);
        assertFalse(walks.at(BASE).ok);
        assertEquals(2, walked);
    }
}
