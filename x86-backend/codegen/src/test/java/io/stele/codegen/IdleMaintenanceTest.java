package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.memory.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IdleMaintenanceTest {
    private static final long PAGE = 0xffff_8000_1234_5000L;
    private static final long OPERAND = PAGE >>> 12 & (1L << 44) - 1;

    private final MemorySegment memory = Arena.ofAuto().allocate(CpuArea.BYTES, 8);
    private final long area = memory.address();

    @BeforeEach
    void empty() {
        IdleMaintenance.clear(area);
    }

    private long translation(int n) {
        return RawMemory.getLong(area + IdleMaintenance.translation(n));
    }

    private long code(int n) {
        return RawMemory.getLong(area + IdleMaintenance.code(n));
    }

    @Test
    void theListsKeepTheLatestEntries() {
        for (int i = 1; i <= IdleMaintenance.ENTRIES + 3; i++) {
            IdleMaintenance.addTranslation(area, OPERAND + i);
            IdleMaintenance.addCode(area, PAGE - i * 4096L + 8);
        }
        for (int n = 0; n < IdleMaintenance.ENTRIES; n++) {
            assertEquals(OPERAND + IdleMaintenance.ENTRIES + 3 - n, translation(n));
            assertEquals(PAGE - (IdleMaintenance.ENTRIES + 3 - n) * 4096L, code(n));
        }
    }

    @Test
    void noPageIsInBothLists() {
        IdleMaintenance.addTranslation(area, OPERAND);
        IdleMaintenance.addCode(area, PAGE + 64);
        assertEquals(OPERAND, translation(0));
        assertEquals(-1, code(0));
        IdleMaintenance.clear(area);
        assertEquals(-1, translation(0));
        IdleMaintenance.addCode(area, PAGE + 64);
        IdleMaintenance.addTranslation(area, 0x7L << 48 | OPERAND);
        assertEquals(PAGE, code(0));
        assertEquals(-1, translation(0));
        IdleMaintenance.clearCode(area);
        assertEquals(-1, code(0));
    }

    private long rangeBytes() {
        return RawMemory.getLong(area + IdleMaintenance.codeRange() + 8);
    }

    @Test
    void aRangeEndsWithTheFirstTranslationInIt() {
        IdleMaintenance.setCodeRange(area, PAGE, 4 * 4096);
        IdleMaintenance.addTranslation(area, OPERAND - 1);
        IdleMaintenance.addTranslation(area, OPERAND + 4);
        assertEquals(4 * 4096, rangeBytes());
        IdleMaintenance.addTranslation(area, 0x7L << 48 | OPERAND + 3);
        assertEquals(0, rangeBytes());
        IdleMaintenance.setCodeRange(area, PAGE, 4096);
        IdleMaintenance.clearCode(area);
        assertEquals(0, rangeBytes());
    }
}
