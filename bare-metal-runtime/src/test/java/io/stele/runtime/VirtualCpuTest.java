package io.stele.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.codegen.CpuArea;
import io.stele.codegen.Stubs;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.PageTables;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.SampleRing;
import io.stele.runtime.vcpu.TrapFrame;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The conversation between VM code and Java. */
@Timeout(60)
class VirtualCpuTest {
    private static final long COUNTER = CpuArea.spill(0);
    private static final long UNMAPPED = VmLayout.slotStart(0) + 0x123450;

    private RuntimeVm vm;

    @BeforeEach
    void createVm() {
        vm = new RuntimeVm();
    }

    @AfterEach
    void closeVm() {
        if (vm != null) {
            vm.close();
        }
    }

    /** Code that adds one to a word of the CPU area. */
    private long counting() {
        Assembler asm = vm.code();
        asm.ri(Op.MOV, 64, Reg.RCX, 1);
        asm.mr(Op.ADD, 64, Mem.at(Reg.RBP, (int) COUNTER - CpuArea.BASE_BIAS), Reg.RCX);
        return vm.install(asm);
    }

    private long counter() {
        return RawMemory.getLong(vm.cpu.area() + COUNTER);
    }

    private long set(long page) {
        return vm.host() + VmLayout.pageSets(0) + (page >>> 12 & VmLayout.PAGE_SETS - 1) * VmLayout.PAGE_SET_BYTES;
    }

    private long probe(long page) {
        return vm.cpu.area() + CpuArea.PROBE_TABLE + (page >>> 12 & CpuArea.PROBE_ENTRIES - 1) * 16;
    }

    /** The sets know the page of a pc, whose code counts and leaves. */
    private void know(long pc) {
        long table = VmLayout.ENTRY_TABLES;
        RawMemory.putInt(vm.host() + table + (pc & 4095), (int) counting());
        RawMemory.putInt(vm.cpu.area() + CpuArea.CONTEXT, CpuArea.contextWord(8));
        RawMemory.putLong(set(pc), CpuArea.probeKey(pc & -4096L, 8));
        RawMemory.putLong(set(pc) + 8, table);
    }

    /** Goes through the interrupt stub with a pc that is known. @return VM address of what calls the stub */
    private long interrupted(long pc, int pending) {
        know(pc);
        Assembler asm = vm.code();
        asm.ri(Op.MOV, 64, Reg.R14, (pc & -4096) + 0x3000);
        asm.ri(Op.MOV, 32, Reg.RAX, (int) (pc & 4095) - 0x3000);
        asm.callTo(vm.cpu.stubs().forCode().interrupt());
        return go(asm, pending);
    }

    private long go(Assembler asm, int pending) {
        RawMemory.putIntVolatile(vm.cpu.area() + CpuArea.INTERRUPT_PENDING, pending);
        long code = vm.install(asm);
        vm.start(code);
        vm.awaitRequest();
        return code;
    }

    /** Goes to the stub for pages that were not found, with a pc that is known; by a call or a jump. */
    private long notFound(long pc, int pending, boolean called) {
        know(pc);
        Assembler asm = vm.code();
        asm.ri(Op.MOV, 64, Reg.R14, pc & -4096);
        asm.ri(Op.MOV, 64, Reg.RAX, pc & 4095);
        if (called) {
            asm.callTo(vm.cpu.stubs().forCode().absent());
        } else {
            asm.jmpTo(vm.cpu.stubs().forCode().miss());
        }
        return go(asm, pending);
    }

    @Test
    void whoFindsNoPageWhileSomethingIsPendingDoesThat() {
        long pc = 0xffff_8000_0012_3010L;
        List<String> samples = new ArrayList<>();
        SampleRing ring = new SampleRing(vm.cpu);
        notFound(pc, CpuArea.NOTHING_PENDING, true);
        assertEquals(1, counter());
        long caller = notFound(pc, CpuArea.SAMPLE, true);
        notFound(pc, CpuArea.SAMPLE, false);
        assertEquals(3, counter());
        assertEquals(CpuArea.NOTHING_PENDING, RawMemory.getIntVolatile(vm.cpu.area() + CpuArea.INTERRUPT_PENDING));
        ring.drain((cpu, at, tag, code) -> samples.add(Long.toHexString(at) + " " + tag + " " + (code & -RuntimeVm.CODE_ALIGNMENT)));
        assertEquals(List.of(Long.toHexString(pc) + " 8 " + caller, Long.toHexString(pc) + " 8 0"), samples);
        notFound(pc, CpuArea.VISIT, true);
        assertEquals(4, counter());
        assertEquals(CpuArea.NOTHING_PENDING, RawMemory.getIntVolatile(vm.cpu.area() + CpuArea.INTERRUPT_PENDING));
        notFound(pc, CpuArea.INTERRUPT, true);
        assertEquals(4, counter());
        assertLeft(pc, Stubs.REASON_INTERRUPT);
    }

    @Test
    void pagesAtTheHighestAddressesAreFoundButNeverInTheProbeTable() {
        long pc = 0xffff_ffff_8012_3010L;
        long other = 0xffff_8000_8012_3000L;
        RawMemory.putLong(probe(pc), CpuArea.NO_PAGE);
        notFound(pc, CpuArea.NOTHING_PENDING, true);
        assertEquals(1, counter());
        assertEquals(CpuArea.NO_PAGE, RawMemory.getLong(probe(pc)));
        // What is left of the key of another page while something is pending.
        long key = CpuArea.probeKey(other, 8) & ((long) CpuArea.INTERRUPT << 32 | 0xffff_ffffL);
        assertEquals(CpuArea.probeKey(pc & -4096, 8), key & 0xffff_ffffL);
        findPage(CpuArea.probeKey(pc & -4096, 8), (int) (pc >>> 12 & CpuArea.PROBE_ENTRIES - 1) * 16);
        assertEquals(1, counter());
        assertEquals(CpuArea.NO_PAGE, RawMemory.getLong(probe(pc)));
    }

    @Test
    void aSampleIsTakenAndTheGuestGoesOn() {
        List<String> samples = new ArrayList<>();
        List<String> taken = new ArrayList<>();
        SampleRing ring = new SampleRing(vm.cpu);
        for (int i = 0; i < CpuArea.SAMPLES + 3; i++) {
            long pcTaken = 0xffff_8000_0012_3000L + 4 * i;
            taken.add("0 " + Long.toHexString(pcTaken) + " 8 " + interrupted(pcTaken, CpuArea.SAMPLE));
            assertEquals(CpuArea.NOTHING_PENDING, RawMemory.getIntVolatile(vm.cpu.area() + CpuArea.INTERRUPT_PENDING));
            assertEquals(i + 1, counter());
            if (i == 1) {
                ring.drain((cpu, pc, tag, code) -> samples.add(cpu + " " + Long.toHexString(pc) + " " + tag + " " + (code & -RuntimeVm.CODE_ALIGNMENT)));
                assertEquals(taken, samples);
            }
        }
        samples.clear();
        ring.drain((cpu, pc, tag, code) -> samples.add(Long.toHexString(pc)));
        assertEquals(CpuArea.SAMPLES, samples.size());
        assertEquals(Long.toHexString(0xffff_8000_0012_3000L + 4 * 3), samples.getFirst());
    }

    @Test
    void anInterruptLeavesWithOrWithoutASample() {
        interrupted(0x40_0010, CpuArea.INTERRUPT);
        assertEquals(0, counter());
        interrupted(0x40_0010, CpuArea.INTERRUPT | CpuArea.SAMPLE);
        assertEquals(0, counter());
        assertEquals(CpuArea.INTERRUPT, RawMemory.getIntVolatile(vm.cpu.area() + CpuArea.INTERRUPT_PENDING));
        assertEquals(Stubs.REASON_INTERRUPT, RawMemory.getInt(vm.cpu.area() + CpuArea.LEAVE_REASON));
        assertEquals(0x40_0010, RawMemory.getLong(vm.cpu.area() + RawMemory.getLong(vm.cpu.area() + CpuArea.PC_OFFSET)));
        assertFalse(new SampleRing(vm.cpu).ask(), "the vCPU waits for an answer");
    }

    /** Jumps to a stub with a value in rax, rcx and rdx, and 0x7000 in r14. */
    private void jump(long stub, long value) {
        Assembler asm = vm.code();
        asm.ri(Op.MOV, 64, Reg.RAX, value);
        asm.ri(Op.MOV, 64, Reg.RCX, value);
        asm.ri(Op.MOV, 64, Reg.RDX, value);
        asm.ri(Op.MOV, 64, Reg.R14, 0x7000);
        asm.jmpTo(stub);
        vm.start(vm.install(asm));
        vm.awaitRequest();
    }

    private void assertLeft(long pc, int reason) {
        long area = vm.cpu.area();
        assertEquals(Mailbox.KIND_LEAVE, vm.cpu.mailbox().kind());
        assertEquals(pc, RawMemory.getLong(area + RawMemory.getLong(area + CpuArea.PC_OFFSET)));
        assertEquals(reason, RawMemory.getInt(area + CpuArea.LEAVE_REASON));
    }

    /** Looks for a page as entries of clusters do; counts if it is found. */
    private void findPage(long key, int probe) {
        long counting = counting();
        Assembler asm = vm.code();
        asm.ri(Op.MOV, 64, Reg.RDX, key);
        asm.ri(Op.MOV, 64, Reg.RCX, probe);
        asm.callTo(vm.cpu.stubs().forCode().page());
        asm.jccTo(Cond.NE, vm.cpu.stubs().leave());
        asm.jmpTo(counting);
        vm.start(vm.install(asm));
        vm.awaitRequest();
    }

    @Test
    void aPageThatClustersLookForGoesFromTheSetsToTheProbeTable() {
        long page = 0xffff_8000_0012_3000L;
        int probe = (int) (page >>> 12 & CpuArea.PROBE_ENTRIES - 1) * 16;
        long key = CpuArea.probeKey(page, 8);
        RawMemory.putLong(probe(page), CpuArea.NO_PAGE);
        findPage(key, probe);
        assertEquals(0, counter());
        assertEquals(CpuArea.NO_PAGE, RawMemory.getLong(probe(page)));
        RawMemory.putLong(set(page) + 16, key);
        RawMemory.putLong(set(page) + 24, VmLayout.ENTRY_TABLES);
        findPage(key, probe);
        assertEquals(1, counter());
        assertEquals(key, RawMemory.getLong(probe(page)));
        assertEquals(VmLayout.ENTRY_TABLES, RawMemory.getLong(probe(page) + 8));
    }

    @Test
    void exitsThatAreNotLinkedAndTheInterpreterHaveStubs() {
        Assembler asm = vm.code();
        asm.ri(Op.MOV, 64, Reg.RDX, 9 << 12 | 0x124);
        asm.ri(Op.MOV, 64, Reg.R14, 0x7000);
        asm.callTo(vm.cpu.stubs().forCode().link());
        int behind = asm.position();
        long exit = vm.install(asm);
        vm.start(exit);
        vm.awaitRequest();
        assertLeft(0x7124, Stubs.REASON_LINK);
        assertEquals(exit + behind - 9, RawMemory.getLong(vm.cpu.area() + CpuArea.LEAVE_ARGUMENT));
        jump(vm.cpu.stubs().forCode().interpret(), 0x2010);
        assertLeft(0x9010, Stubs.REASON_INTERPRET);
        jump(vm.cpu.stubs().forCode().interpret(), 0xffff_f010L);
        assertLeft(0x6010, Stubs.REASON_INTERPRET);
    }

    @Test
    void everyAnswerRunsTheCodeOnce() {
        long code = counting();
        for (int i = 1; i <= 2000; i++) {
            vm.start(code);
            vm.awaitRequest();
            assertEquals(Mailbox.KIND_LEAVE, vm.cpu.mailbox().kind());
            assertEquals(i, counter());
        }
        assertNull(vm.cpu.failure());
    }

    @Test
    void aRequestThatNobodyClaimsExitsAndIsServedByTheVcpusOwnThread() {
        long code = counting();
        for (int i = 1; i <= 100; i++) {
            vm.cpu.mailbox().setPatience(0, 0);
            vm.start(code);
            awaitState(Mailbox.SERVED);
            assertEquals(i, counter());
        }
        assertTrue(vm.statistics.servedByVcpu.sum() >= 100);
    }

    @Test
    void aRequestIsServedByExactlyOneOfTheThreadsThatClaimIt() {
        long code = counting();
        // The first request, with which a vCPU begins, is claimed by its own thread.
        while (vm.statistics.servedByVcpu.sum() == 0) {
            Thread.onSpinWait();
        }
        int ticks = vm.cpu.ticks(20_000);
        long own = vm.statistics.servedByVcpu.sum();
        int polled = 0;
        for (int i = 1; i <= 3000; i++) {
            vm.cpu.mailbox().setPatience(ticks * (i & 3), ticks * 10);
            vm.start(code);
            while (vm.cpu.mailbox().state() != Mailbox.SERVED) {
                if (vm.cpu.mailbox().claim()) {
                    polled++;
                }
            }
            assertEquals(i, counter());
        }
        assertEquals(3000, polled + vm.statistics.servedByVcpu.sum() - own);
    }

    @Test
    void aRequestThatIsBeingServedForLongMakesTheVcpuExitAndTheAnswerReachesIt() {
        long code = counting();
        vm.awaitRequest();
        for (int i = 1; i <= 3; i++) {
            long exits = vm.statistics.exits.sum();
            vm.cpu.mailbox().setPatience(Integer.MAX_VALUE, vm.cpu.ticks(1_000_000));
            vm.start(code);
            while (!vm.cpu.mailbox().claim()) {
                Thread.onSpinWait();
            }
            awaitExits(exits + 1);
            assertEquals(i, counter());
        }
        assertNull(vm.cpu.failure());
    }

    @Test
    void aCommandInTheMiddleOfAServiceDoesNotOpenTheRequestToOthers() {
        long code = counting();
        vm.start(code);
        awaitState(Mailbox.SERVED);
        for (int i = 0; i < 100; i++) {
            RawMemory.putInt(vm.cpu.area() + Mailbox.LIST_COUNT, 1);
            RawMemory.putInt(vm.cpu.area() + Mailbox.LIST_RELOAD, 0);
            RawMemory.putLong(vm.cpu.area() + Mailbox.LIST, VmLayout.cpuArea(0) + CpuArea.spill(1));
            RawMemory.putLong(vm.cpu.area() + Mailbox.LIST + 8, 100 + i);
            RawMemory.putLong(vm.cpu.area() + Mailbox.LIST + 16, UNMAPPED);
            vm.cpu.mailbox().setPatience(0, i % 2 == 0 ? 0 : Integer.MAX_VALUE);
            vm.cpu.command(Mailbox.COMMAND_LIST);
            assertEquals(Mailbox.DONE, vm.cpu.mailbox().state());
            assertEquals(100 + i, RawMemory.getLong(vm.cpu.area() + CpuArea.spill(1)));
            assertFalse(vm.cpu.mailbox().claim());
        }
        vm.start(code);
        vm.awaitRequest();
        assertEquals(2, counter());
    }

    @Test
    void aGuestThatWaitsExitsAndGoesOnWhenTheWaitEnds() {
        long code = counting();
        vm.awaitRequest();
        for (int i = 1; i <= 20; i++) {
            long exits = vm.statistics.exits.sum();
            vm.cpu.mailbox().setPatience(i % 2 == 0 ? 0 : Integer.MAX_VALUE, Integer.MAX_VALUE);
            vm.start(code);
            if (i % 2 == 0) {
                awaitState(Mailbox.SERVED);
            } else {
                while (!vm.cpu.mailbox().claim()) {
                    Thread.onSpinWait();
                }
            }
            vm.cpu.mailbox().startWait();
            awaitExits(exits + 1);
            vm.cpu.endWait();
            awaitState(Mailbox.SERVED);
            assertEquals(Mailbox.KIND_START, vm.cpu.mailbox().kind());
            assertEquals(i, counter());
        }
    }

    @Test
    void aCpuThatIsTurnedOnAndServedBeforeItsThreadBeginsAsksNothingElse() {
        VirtualCpu second = vm.secondCpu();
        try {
            RawMemory.putLong(second.area() + CpuArea.RESUME, counting());
            second.turnOn();
            assertTrue(second.mailbox().claim());
            second.answer(Mailbox.COMMAND_DISPATCH);
            RuntimeVm.begin(second);
            RuntimeVm.awaitRequest(second);
            assertEquals(Mailbox.KIND_LEAVE, second.mailbox().kind());
            assertEquals(1, RawMemory.getLong(second.area() + COUNTER));
        } finally {
            second.close();
        }
    }

    private void awaitState(int state) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (vm.cpu.mailbox().state() != state) {
            assertTrue(System.nanoTime() < deadline, "the mailbox stays in state " + vm.cpu.mailbox().state());
            Thread.onSpinWait();
        }
    }

    private void awaitExits(long exits) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (vm.statistics.exits.sum() < exits) {
            assertTrue(System.nanoTime() < deadline, "the vCPU does not exit");
            Thread.onSpinWait();
        }
    }

    @Test
    void aTrapShowsTheRegistersAndResumingRestoresThem() {
        Assembler asm = vm.code();
        asm.ri(Op.MOV, 64, Reg.RBX, UNMAPPED);
        asm.ri(Op.MOV, 64, Reg.R15, 0x1122_3344_5566L);
        asm.ri(Op.MOV, 64, Reg.RCX, 77);
        asm.rm(Op.MOV, 64, Reg.RDX, Mem.at(Reg.RBX, 8));
        asm.rr(Op.ADD, 64, Reg.RDX, Reg.R15);
        asm.rr(Op.ADD, 64, Reg.RDX, Reg.RCX);
        asm.mr(Op.MOV, 64, Mem.at(Reg.RBP, (int) COUNTER - CpuArea.BASE_BIAS), Reg.RDX);
        long code = vm.install(asm);
        RawMemory.putLong(vm.ram(RuntimeVm.RAM + 0x458), 1000);
        List<Long> faults = vm.run(code, (address, write) -> {
            long frame = vm.cpu.area() + CpuArea.TRAP_FRAME;
            assertFalse(write);
            assertEquals(14, RawMemory.getInt(vm.cpu.area() + TrapFrame.VECTOR));
            assertEquals(UNMAPPED, RawMemory.getLong(frame + Reg.RBX * 8L));
            assertEquals(0x1122_3344_5566L, RawMemory.getLong(frame + Reg.R15 * 8L));
            assertEquals(77, RawMemory.getLong(frame + Reg.RCX * 8L));
            return vm.tables.map(address & -4096L, RuntimeVm.RAM, false, true) == PageTables.MAPPED;
        });
        assertEquals(List.of(UNMAPPED + 8), faults);
        assertEquals(1000 + 0x1122_3344_5566L + 77, counter());
    }

    @Test
    void anAccessBeyondTheLastAddressIsAGeneralProtectionTrap() {
        Assembler asm = vm.code();
        asm.ri(Op.MOV, 64, Reg.RBX, 1L << 47);
        asm.rm(Op.MOV, 64, Reg.RDX, Mem.at(Reg.RBX));
        long code = vm.install(asm);
        vm.run(code, (address, write) -> false);
        assertEquals(Mailbox.KIND_TRAP, vm.cpu.mailbox().kind());
        assertEquals(13, RawMemory.getInt(vm.cpu.area() + TrapFrame.VECTOR));
    }
}
