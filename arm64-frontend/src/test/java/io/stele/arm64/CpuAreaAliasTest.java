package io.stele.arm64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.system.FloatRegisters;
import io.stele.codegen.CpuArea;
import io.stele.codegen.RegionLookup;
import io.stele.guest.GuestIsa;
import io.stele.ir.EstimateOps;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds the rule of docs/cpu-area.md: no load that generated code makes often has the offset, modulo 1024, of another field's store. */
class CpuAreaAliasTest {
    private record Field(String name, int offset, int bytes) {
        boolean aliases(Field other) {
            int distance = Math.floorMod(other.offset - offset, CpuArea.ALIAS_BYTES);
            return distance < bytes || CpuArea.ALIAS_BYTES - distance < other.bytes;
        }

        boolean overlaps(Field other) {
            return offset < other.offset + other.bytes && other.offset < offset + bytes;
        }
    }

    private final List<Field> stored = new ArrayList<>();
    private final List<Field> read = new ArrayList<>();
    private final List<Field> moreSpills = new ArrayList<>();

    CpuAreaAliasTest() {
        for (int n = 0; n < 31; n++) {
            stored.add(new Field("X" + n, GuestState.X_OFFSET + 8 * n, 8));
        }
        stored.add(new Field("SP", GuestState.SP_OFFSET, 8));
        stored.add(new Field("PC", GuestState.PC_OFFSET, 8));
        stored.add(new Field("NZCV", GuestState.NZCV_OFFSET, 4));
        for (int n = 0; n < 32; n++) {
            stored.add(new Field("V" + n, GuestState.V_OFFSET + 16 * n, 16));
        }
        // What system calls and returns store.
        stored.add(new Field("PSTATE", GuestState.PSTATE_OFFSET, 8));
        stored.add(new Field("SP_EL0", GuestState.SP_EL0_OFFSET, 8));
        stored.add(new Field("SP_EL1", GuestState.SP_EL1_OFFSET, 8));
        stored.add(new Field("ELR_EL1", GuestState.ELR_EL1_OFFSET, 8));
        stored.add(new Field("SPSR_EL1", GuestState.SPSR_EL1_OFFSET, 8));
        stored.add(new Field("ESR_EL1", GuestState.ESR_EL1_OFFSET, 8));
        stored.add(new Field("context", CpuArea.CONTEXT, 4));
        stored.add(new Field("monitor address", CpuArea.MONITOR_ADDRESS, 8));
        stored.add(new Field("monitor size", CpuArea.MONITOR_SIZE, 8));
        stored.add(new Field("monitor low", CpuArea.MONITOR_LOW, 8));
        stored.add(new Field("monitor high", CpuArea.MONITOR_HIGH, 8));
        for (int n = 0; n < CpuArea.OWN_PLACE_SPILLS; n++) {
            stored.add(new Field("spill " + n, CpuArea.spill(n), 8));
            stored.add(new Field("K spill " + n, CpuArea.regionSpill(n), 8));
        }
        read.addAll(stored);
        read.add(new Field("VBAR_EL1", GuestState.VBAR_EL1_OFFSET, 8));
        read.add(new Field("FAR_EL1", GuestState.FAR_EL1_OFFSET, 8));
        read.add(new Field("TPIDR_EL0", GuestState.TPIDR_EL0_OFFSET, 8));
        read.add(new Field("TPIDRRO_EL0", GuestState.TPIDRRO_EL0_OFFSET, 8));
        read.add(new Field("TPIDR_EL1", GuestState.TPIDR_EL1_OFFSET, 8));
        read.add(new Field("FPCR", GuestState.FPCR_OFFSET, 8));
        read.add(new Field("interrupt pending", CpuArea.INTERRUPT_PENDING, 4));
        read.add(new Field("interrupt line", CpuArea.INTERRUPT_LINE, 4));
        for (int level = 0; level < GuestIsa.LEVELS; level++) {
            read.add(new Field("tag of level " + level, CpuArea.levelTag(level), 8));
        }
        read.add(new Field("counter base", CpuArea.COUNTER_BASE, 8));
        read.add(new Field("counter scale", CpuArea.COUNTER_SCALE, 8));
        read.add(new Field("counter offset", CpuArea.COUNTER_OFFSET, 8));
        read.add(new Field("own MXCSR", CpuArea.MXCSR_NEAREST, 8));
        read.add(new Field("magnitude 32", CpuArea.MAGNITUDE_32, 16));
        read.add(new Field("magnitude 64", CpuArea.MAGNITUDE_64, 16));
        read.add(new Field("smallest 32", CpuArea.SMALLEST_NORMAL_32, 16));
        read.add(new Field("smallest 64", CpuArea.SMALLEST_NORMAL_64, 16));
        for (int view = 0; view < 2; view++) {
            for (int slot = 0; slot < CpuArea.REGION_SLOTS; slot++) {
                read.add(new Field("K " + view + ":" + slot, CpuArea.regionK(view, slot), 8));
                read.add(new Field("region " + view + ":" + slot, CpuArea.regionId(view, slot), 4));
            }
        }
        for (int n = CpuArea.OWN_PLACE_SPILLS; n < CpuArea.VALUE_SPILL_SLOTS + CpuArea.SCRATCH_SLOTS; n++) {
            moreSpills.add(new Field("spill " + n, CpuArea.spill(n), 8));
        }
        for (int n = CpuArea.OWN_PLACE_SPILLS; n < CpuArea.REGION_SPILL_SLOTS; n++) {
            moreSpills.add(new Field("K spill " + n, CpuArea.regionSpill(n), 8));
        }
        moreSpills.add(new Field("saturation", FloatRegisters.SATURATION, 16));
        moreSpills.add(new Field("denormals", FloatRegisters.DENORMALS, 16));
        for (int n = 0; n < CpuArea.VECTOR_SPILL_SLOTS; n++) {
            moreSpills.add(new Field("vector spill " + n, CpuArea.vectorSpill(n), 16));
        }
    }

    @Test
    void noLoadMayBeTakenForTheValueOfAnotherStore() {
        List<String> pairs = new ArrayList<>();
        for (Field store : stored) {
            for (Field load : read) {
                if (store.aliases(load) && !store.equals(load)) {
                    pairs.add(store.name + " and " + load.name);
                }
            }
        }
        assertEquals(List.of(), pairs);
    }

    @Test
    void theOtherSpillSlotsShareOnlyThePlaceOfTheUpperVectorRegisters() {
        List<String> pairs = new ArrayList<>();
        for (Field spill : moreSpills) {
            for (Field load : read) {
                if (spill.aliases(load) && !load.name.matches("V([89]|[123].)")) {
                    pairs.add(spill.name + " and " + load.name);
                }
            }
        }
        assertEquals(List.of(), pairs);
    }

    @Test
    void everyFieldHasItsOwnBytes() {
        List<Field> all = new ArrayList<>(read);
        all.add(new Field("estimates", CpuArea.ESTIMATES, EstimateOps.ESTIMATE_TABLE_BYTES));
        all.add(new Field("flags of comparisons", CpuArea.COMPARE_FLAGS, CpuArea.COMPARE_FLAGS_BYTES));
        all.addAll(moreSpills);
        all.add(new Field("leave", CpuArea.LEAVE_REASON, 16));
        all.add(new Field("page address", CpuArea.PAGE_ADDRESS, 8));
        all.add(new Field("resume", CpuArea.RESUME, 8));
        all.add(new Field("entry time", CpuArea.ENTER_TSC, 8));
        all.add(new Field("MXCSR", CpuArea.MXCSR, 4));
        all.add(new Field("offset of the pc", CpuArea.PC_OFFSET, 8));
        all.add(new Field("region table", CpuArea.REGION_TABLE, RegionLookup.BYTES));
        all.add(new Field("trap frame", CpuArea.TRAP_FRAME, 21 * 8));
        all.add(new Field("trapped vectors", CpuArea.TRAP_XMM, 16 * 16));
        all.add(new Field("mailbox and stack", CpuArea.MAILBOX, CpuArea.STACK_TOP - CpuArea.MAILBOX));
        all.add(new Field("probe table", CpuArea.PROBE_TABLE, 16 * CpuArea.PROBE_ENTRIES));
        assertTrue(GuestState.BYTES <= FloatRegisters.DENORMALS, "registers of floating point lie in the description's fields");
        for (int i = 0; i < all.size(); i++) {
            assertTrue(all.get(i).offset + all.get(i).bytes <= CpuArea.BYTES, all.get(i).name);
            for (int j = 0; j < i; j++) {
                assertTrue(!all.get(i).overlaps(all.get(j)), all.get(i).name + " lies in " + all.get(j).name);
            }
        }
    }
}
