package io.stele.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.memory.RawMemory;
import io.stele.runtime.RuntimeVm;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the VM's page tables let VM code see, and that it is over after a shootdown. */
@Timeout(60)
class PageTablesTest {
    private static final long BASE = (1L << VmLayout.SLOT_SHIFT) + 0x40_0000;
    private static final int PAGES = Mailbox.LIST_CAPACITY + 200;
    private static final long LARGE = PageTables.LARGE_BYTES;

    private RuntimeVm vm;
    private Shootdown shootdown;

    @BeforeEach
    void createVm() {
        vm = new RuntimeVm();
        shootdown = new Shootdown(vm.statistics);
        shootdown.by(vm.cpu);
    }

    @AfterEach
    void closeVm() {
        if (vm != null) {
            vm.close();
        }
    }

    /** Code that writes the number of pages left into each page of a range. */
    private long writer(long first, int pages) {
        Assembler asm = vm.code();
        asm.ri(Op.MOV, 64, Reg.RAX, first);
        asm.ri(Op.MOV, 64, Reg.RCX, pages);
        int loop = asm.here();
        asm.mr(Op.MOV, 64, Mem.at(Reg.RAX), Reg.RCX);
        asm.ri(Op.ADD, 64, Reg.RAX, 4096);
        asm.r(Op.DEC, 64, Reg.RCX);
        asm.jcc(Cond.NE, loop);
        return vm.install(asm);
    }

    private boolean mapLinear(long va, boolean writable) {
        int result = vm.tables.map(va & -4096L, RuntimeVm.RAM + (va - BASE & -4096L), false, writable);
        return result == PageTables.MAPPED || result == PageTables.ALREADY;
    }

    private static List<Long> pages(int first, int count) {
        List<Long> addresses = new ArrayList<>();
        for (int i = first; i < first + count; i++) {
            addresses.add(BASE + i * 4096L);
        }
        return addresses;
    }

    private void revoke(int first, int count) {
        for (long va : pages(first, count)) {
            shootdown.add(vm.tables.leafEntry(va), va);
        }
        shootdown.flush();
    }

    @Test
    void aPageFaultsOnceAndThenReachesItsMemory() {
        long code = writer(BASE, PAGES);
        assertEquals(pages(0, PAGES), vm.run(code, (va, write) -> mapLinear(va, true)));
        assertEquals(List.of(), vm.run(code, (va, write) -> false));
        for (int i = 0; i < PAGES; i++) {
            assertEquals(PAGES - i, RawMemory.getLong(vm.ram(RuntimeVm.RAM + i * 4096L)));
        }
    }

    @Test
    void whatWasShotDownFaultsAgainAndNothingElseDoes() {
        long code = writer(BASE, PAGES);
        vm.run(code, (va, write) -> mapLinear(va, true));
        for (int count : new int[] {1, 2, 3, Mailbox.LIST_CAPACITY, Mailbox.LIST_CAPACITY + 1, PAGES}) {
            revoke(0, count);
            assertEquals(0, vm.tables.leafEntry(BASE));
            assertEquals(pages(0, count), vm.run(code, (va, write) -> mapLinear(va, true)));
        }
    }

    @Test
    void aReadOnlyPageFaultsAtWritesUntilItIsUpgraded() {
        long code = writer(BASE, 1);
        assertTrue(mapLinear(BASE, false));
        List<Boolean> writes = new ArrayList<>();
        assertEquals(pages(0, 1), vm.run(code, (va, write) -> {
            writes.add(write);
            return mapLinear(va, true);
        }));
        assertEquals(List.of(true), writes);
        assertTrue(vm.tables.isWritable(vm.tables.leafEntry(BASE)));
    }

    @Test
    void takingRightsAwayTakesAShootdown() {
        long code = writer(BASE, 1);
        vm.run(code, (va, write) -> mapLinear(va, true));
        revoke(0, 1);
        assertTrue(mapLinear(BASE, false));
        assertEquals(pages(0, 1), vm.run(code, (va, write) -> false));
    }

    @Test
    void anotherPageInTheSamePlaceIsAConflict() {
        assertEquals(PageTables.MAPPED, vm.tables.map(BASE, RuntimeVm.RAM, false, false));
        assertEquals(PageTables.ALREADY, vm.tables.map(BASE, RuntimeVm.RAM, false, false));
        assertEquals(PageTables.CONFLICT, vm.tables.map(BASE, RuntimeVm.RAM + 4096, false, false));
        assertEquals(RuntimeVm.RAM, vm.tables.physical(vm.tables.leafEntry(BASE)));
    }

    @Test
    void aLargeMappingServesAllItsPages() {
        assertTrue(vm.tables.largeSlotFree(BASE));
        assertEquals(PageTables.MAPPED, vm.tables.map(BASE, RuntimeVm.RAM + LARGE, true, true));
        assertFalse(vm.tables.largeSlotFree(BASE));
        assertTrue(vm.tables.isLarge(vm.tables.leafEntry(BASE + 5 * 4096)));
        assertEquals(List.of(), vm.run(writer(BASE, 512), (va, write) -> false));
        assertEquals(1, RawMemory.getLong(vm.ram(RuntimeVm.RAM + 2 * LARGE - 4096)));
        assertEquals(PageTables.ALREADY, vm.tables.map(BASE + 4096, RuntimeVm.RAM + LARGE + 4096, false, true));
        assertEquals(PageTables.CONFLICT, vm.tables.map(BASE + 4096, RuntimeVm.RAM, false, true));
        shootdown.add(vm.tables.leafEntry(BASE), BASE);
        shootdown.flush();
        assertEquals(pages(0, 1), vm.run(writer(BASE, 1), (va, write) -> false));
    }

    @Test
    void aTableInThePlaceOfALargeMappingIsAConflict() {
        assertTrue(mapLinear(BASE, true));
        assertFalse(vm.tables.largeSlotFree(BASE));
        assertEquals(PageTables.CONFLICT, vm.tables.map(BASE, RuntimeVm.RAM, true, true));
    }
}
