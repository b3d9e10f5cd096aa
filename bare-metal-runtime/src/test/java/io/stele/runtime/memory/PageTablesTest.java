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
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the VM's page tables let VM code see, and that it is over after a shootdown. */
@Timeout(60)
class PageTablesTest {
    private static final long BASE = VmLayout.slotStart(0) + 0x40_0000;
    private static final int PAGES = Mailbox.LIST_CAPACITY + 200;
    private static final long LARGE = PageTables.LARGE_BYTES;

    private RuntimeVm vm;
    private Shootdown shootdown;

    @BeforeEach
    void createVm() {
        vm = new RuntimeVm();
        shootdown = new Shootdown(vm.cpus, vm.statistics);
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
            shootdown.add(vm.tables.leafEntry(va), 0, va);
            vm.tables.forget(va);
        }
        shootdown.flush();
    }

    private List<Long> mappings(long start, long end) {
        List<Long> found = new ArrayList<>();
        for (long va = vm.tables.nextMapping(start, end); va < end; va = vm.tables.nextMapping(va + 4096, end)) {
            found.add(va);
        }
        return found;
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
    void whatIsMappedIsFoundInOrderAndWhatWasTakenAwayIsNot() {
        long end = VmLayout.slotStart(1);
        assertEquals(List.of(), mappings(BASE, end));
        List<Long> expected = new ArrayList<>();
        for (long distance : new long[] {0, 4096, LARGE - 4096, LARGE, 1L << 30, (1L << 30) + 5 * LARGE, 600L << 30, 1023L << 30}) {
            assertEquals(PageTables.MAPPED, vm.tables.map(BASE + distance, RuntimeVm.RAM, false, true));
            expected.add(BASE + distance);
        }
        assertEquals(expected, mappings(BASE, end));
        assertEquals(expected.subList(0, 4), mappings(BASE + 1, BASE + LARGE + 1));
        for (int i = expected.size() - 1; i >= 0; i--) {
            long va = expected.remove(i);
            shootdown.add(vm.tables.leafEntry(va), 0, va);
            vm.tables.forget(va);
            shootdown.flush();
            assertEquals(expected, mappings(BASE, end));
        }
        assertEquals(PageTables.MAPPED, vm.tables.map(BASE, RuntimeVm.RAM, false, true));
        assertEquals(List.of(BASE), mappings(BASE, end));
    }

    /** Against a model: at random, near each other and far apart, several times, so that tables become empty and are used again. */
    @Test
    void whatIsMappedAnywhereIsFoundInOrder() {
        Random random = new Random(7);
        TreeSet<Long> model = new TreeSet<>();
        for (int round = 0; round < 30; round++) {
            for (int i = 0; i < 40; i++) {
                long va = VmLayout.slotStart(1) + (random.nextLong(VmLayout.slotBytes(1)) >>> random.nextInt(28) & -4096L);
                assertEquals(model.add(va) ? PageTables.MAPPED : PageTables.ALREADY, vm.tables.map(va, RuntimeVm.RAM, false, true));
            }
            assertEquals(List.copyOf(model), mappings(VmLayout.slotStart(1), VmLayout.slotStart(2)));
            for (long va : List.copyOf(model)) {
                if (random.nextInt(4) != 0) {
                    model.remove(va);
                    shootdown.add(vm.tables.leafEntry(va), 0, va);
                    vm.tables.forget(va);
                }
            }
            shootdown.flush();
            assertEquals(List.copyOf(model), mappings(VmLayout.slotStart(1), VmLayout.slotStart(2)));
        }
    }

    @Test
    void whatIsDroppedEndsWhereItIsToldTo() {
        for (long distance : new long[] {0, 4096, 3 * 4096, LARGE}) {
            vm.tables.map(BASE + distance, RuntimeVm.RAM, false, true);
        }
        vm.tables.map(BASE + 2 * LARGE, RuntimeVm.RAM, true, true);
        vm.tables.drop(BASE + 4096, BASE + 3 * 4096, shootdown);
        shootdown.flush();
        long end = BASE + 3 * LARGE;
        assertEquals(List.of(BASE, BASE + 3 * 4096, BASE + LARGE), mappings(BASE, BASE + 2 * LARGE));
        vm.tables.drop(BASE, end, shootdown);
        vm.tables.drop(BASE + 2 * LARGE, end, shootdown);
        shootdown.flush();
        assertEquals(List.of(BASE + LARGE), mappings(BASE, end));
    }

    @Test
    void aLargeMappingIsFoundFromWithin() {
        vm.tables.map(BASE, RuntimeVm.RAM, true, true);
        assertEquals(BASE, vm.tables.nextMapping(BASE + 5 * 4096, BASE + 6 * 4096));
        assertEquals(BASE + 2 * LARGE, vm.tables.nextMapping(BASE + LARGE, BASE + 2 * LARGE));
    }

    /** Guest memory is data for the host, and generated code and what protects it are not data for guest accesses. */
    @Test
    void vmCodeCannotExecuteGuestMemoryNorWriteCodeStubsOrTables() {
        vm.tables.map(BASE, RuntimeVm.RAM, false, true);
        RawMemory.putByte(vm.ram(RuntimeVm.RAM), (byte) 0xc3);
        Assembler asm = vm.code();
        asm.ri(Op.MOV, 64, Reg.RAX, BASE);
        asm.r(Op.CALL, Reg.RAX);
        assertEquals(List.of(BASE), vm.run(vm.install(asm), (va, write) -> false));
        long control = VmLayout.control(0);
        for (long va : new long[] {control + VmLayout.GDT, control + VmLayout.IDT, VmLayout.STUBS, VmLayout.CODE,
            VmLayout.ENTRY_TABLES, VmLayout.PAGE_TABLES}) {
            Assembler store = vm.code();
            store.ri(Op.MOV, 64, Reg.RAX, va);
            store.mi(Op.MOV, 64, Mem.at(Reg.RAX), 0);
            long code = vm.install(store);
            assertEquals(List.of(va), vm.run(code, (address, write) -> false), () -> Long.toHexString(va));
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
    void aPageThatLosesTheRightToWriteIsReadWithoutAFault() {
        long code = writer(BASE, PAGES);
        vm.run(code, (va, write) -> mapLinear(va, true));
        for (int count : new int[] {1, PAGES}) {
            for (long va : pages(0, count)) {
                long entry = vm.tables.leafEntry(va);
                shootdown.add(entry, vm.tables.readOnly(entry), va);
            }
            shootdown.flush();
            assertFalse(vm.tables.isWritable(vm.tables.leafEntry(BASE)));
            Assembler reader = vm.code();
            reader.ri(Op.MOV, 64, Reg.RAX, BASE);
            reader.rm(Op.MOV, 64, Reg.RCX, Mem.at(Reg.RAX));
            assertEquals(List.of(), vm.run(vm.install(reader), (va, write) -> false));
            assertEquals(pages(0, count), vm.run(code, (va, write) -> write && mapLinear(va, true)));
        }
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
        shootdown.add(vm.tables.leafEntry(BASE), 0, BASE);
        shootdown.flush();
        assertEquals(pages(0, 1), vm.run(writer(BASE, 1), (va, write) -> false));
    }

    @Test
    void aTableInThePlaceOfALargeMappingIsAConflict() {
        assertTrue(mapLinear(BASE, true));
        assertFalse(vm.tables.largeSlotFree(BASE));
        assertEquals(PageTables.CONFLICT, vm.tables.map(BASE, RuntimeVm.RAM, true, true));
    }

    @Test
    void whenAllTablesOfTheGuestAreDroppedTheRuntimesOwnMemoryStays() {
        vm.tables.keepSoFar();
        assertTrue(mapLinear(BASE, true));
        vm.tables.clear(shootdown);
        shootdown.flush();
        vm.tables.cleared();
        assertEquals(0, vm.tables.leafEntry(BASE));
        long[] own = {
            VmLayout.control(0), VmLayout.cpuArea(0), VmLayout.STUBS, VmLayout.KNOWN_PAGES, VmLayout.CODE, VmLayout.ENTRY_TABLES,
            VmLayout.pageSets(0),
            VmLayout.pageSets(0) + VmLayout.PAGE_SETS * VmLayout.PAGE_SET_BYTES - 4096, VmLayout.TABLE_WINDOW + VmLayout.PAGE_TABLES
        };
        for (long address : own) {
            assertTrue(vm.tables.leafEntry(address) != 0, "not mapped any more: " + Long.toHexString(address));
        }
    }
}
