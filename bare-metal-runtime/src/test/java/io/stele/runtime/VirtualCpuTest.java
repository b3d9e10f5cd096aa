package io.stele.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.PageTables;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.RuntimeStubs;
import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
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
    private static final long UNMAPPED = (1L << VmLayout.SLOT_SHIFT) + 0x123450;

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

    @Test
    void everyAnswerRunsTheCodeOnce() {
        long code = counting();
        for (int i = 1; i <= 2000; i++) {
            vm.start(code);
            vm.cpu.awaitRequest();
            assertEquals(Mailbox.KIND_LEAVE, vm.cpu.mailbox().kind());
            assertEquals(i, counter());
        }
        assertNull(vm.cpu.failure());
    }

    @Test
    void aLateAnswerReachesTheVcpuThatHasExited() throws InterruptedException {
        long code = counting();
        long exits = vm.statistics.exits;
        for (int i = 1; i <= 3; i++) {
            vm.start(code);
            vm.cpu.awaitRequest();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (vm.statistics.exits < exits + i && System.nanoTime() < deadline) {
                Thread.sleep(1);
            }
        }
        assertTrue(vm.statistics.exits >= exits + 3, "the vCPU spins and does not exit");
        vm.start(code);
        vm.cpu.awaitRequest();
        assertEquals(4, counter());
    }

    @Test
    void theDoorbellRingsWhenJavaSleeps() {
        long code = counting();
        vm.cpu.mailbox().setSleeping(true);
        vm.start(code);
        long started = System.nanoTime();
        vm.doorbell.await(TimeUnit.SECONDS.toNanos(30));
        assertTrue(System.nanoTime() - started < TimeUnit.SECONDS.toNanos(20), "nobody rang");
        vm.cpu.mailbox().setSleeping(false);
        vm.cpu.awaitRequest();
        assertEquals(1, counter());
    }

    @Test
    void aParkedVcpuAsksAgainAndGoesOnWhenAnswered() {
        long code = counting();
        vm.start(code);
        vm.cpu.awaitRequest();
        vm.cpu.command(Mailbox.COMMAND_PARK);
        assertEquals(Mailbox.KIND_PARKED, vm.cpu.mailbox().kind());
        vm.start(code);
        vm.cpu.awaitRequest();
        assertEquals(2, counter());
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
            assertEquals(14, RawMemory.getInt(vm.cpu.area() + RuntimeStubs.FRAME_VECTOR));
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
        assertEquals(13, RawMemory.getInt(vm.cpu.area() + RuntimeStubs.FRAME_VECTOR));
    }
}
