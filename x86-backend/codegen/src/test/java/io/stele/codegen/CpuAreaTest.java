package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class CpuAreaTest {
    @Test
    void aKNumberIsKnownByTheOffsetOfItsK() {
        for (int view = 0; view < 2; view++) {
            for (int slot = 0; slot < CpuArea.REGION_SLOTS; slot++) {
                assertEquals(slot, CpuArea.regionSlot(view, CpuArea.regionK(view, slot)));
            }
        }
    }
}
