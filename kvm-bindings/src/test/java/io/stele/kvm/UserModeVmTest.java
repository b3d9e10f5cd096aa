package io.stele.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.EventFd;
import io.stele.kvm.linux.kvm_segment;
import io.stele.kvm.linux.kvm_sregs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a VM at CPL 3 does, on the real /dev/kvm. */
@Timeout(60)
class UserModeVmTest {
    private static final int RAX = 0;
    private static final int RBX = 3;

    @BeforeEach
    void needsKvm() {
        TestVm.assumeKvm();
    }

    @Test
    void codeAtCpl3AddsAndExitsByOut() {
        // add rax, rbx; mov ecx, cs; out 0x12, al
        try (TestVm vm = new TestVm("48 01 d8  8c c9  e6 12")) {
            Registers registers = new Registers();
            vm.vcpu.getRegs(registers);
            registers.set(RAX, 0x1_0000_0001L);
            registers.set(RBX, 41);
            vm.vcpu.setRegs(registers);

            assertEquals(Vcpu.EXIT_IO, vm.vcpu.run());
            assertEquals(0x12, vm.vcpu.ioPort());
            assertTrue(vm.vcpu.ioIsWrite());
            assertEquals(1, vm.vcpu.ioSize());
            assertEquals(42, vm.vcpu.ioValue());

            vm.vcpu.getRegs(registers);
            assertEquals(0x1_0000_002aL, registers.get(RAX));
            assertEquals(UserModeState.CODE_SELECTOR, registers.get(1));
            assertEquals(TestVm.STACK, registers.get(4));
        }
    }

    @Test
    void registersWrittenBackAfterAnExitKeepPortAccess() {
        // out 0x12, al; out 0x13, al
        try (TestVm vm = new TestVm("e6 12  e6 13")) {
            assertEquals(Vcpu.EXIT_IO, vm.vcpu.run());
            Registers registers = new Registers();
            vm.vcpu.getRegs(registers);
            vm.vcpu.setRegs(registers);
            assertEquals(Vcpu.EXIT_IO, vm.vcpu.run());
            assertEquals(0x13, vm.vcpu.ioPort());
        }
    }

    @Test
    void inReadsTheValueThatWasSet() {
        // in eax, 0x20; out 0x12, eax
        try (TestVm vm = new TestVm("e5 20  e7 12")) {
            assertEquals(Vcpu.EXIT_IO, vm.vcpu.run());
            assertFalse(vm.vcpu.ioIsWrite());
            vm.vcpu.setIoValue(0x12345678);
            assertEquals(Vcpu.EXIT_IO, vm.vcpu.run());
            assertEquals(0x12345678, vm.vcpu.ioValue());
        }
    }

    @Test
    void vectorStateIsUsable() {
        // vpternlogd xmm0, xmm0, xmm0, 0xff where XCR0 allows AVX-512, vpcmpeqd ymm0, ymm0, ymm0 (AVX2) where it allows AVX,
        // else pcmpeqd xmm0, xmm0; movq rax, xmm0; out
        try (TestVm vm = new TestVm("66 0f 76 c0  66 48 0f 7e c0  e6 12")) {
            if ((vm.vcpu.xcr0() & 0xe0) == 0xe0) {
                vm.load("62 f3 7d 08 25 c0 ff  66 48 0f 7e c0  e6 12");
            } else if ((vm.vcpu.xcr0() & 4) != 0) {
                vm.load("c5 fd 76 c0  66 48 0f 7e c0  e6 12");
            }
            assertEquals(Vcpu.EXIT_IO, vm.vcpu.run());
            Registers registers = new Registers();
            vm.vcpu.getRegs(registers);
            assertEquals(-1L, registers.get(RAX));
        }
    }

    @Test
    void accessOutsideMemoryIsAnMmioExit() {
        // mov [0x3fe00000], rax: mapped by the page tables, behind the end of the VM's memory
        try (TestVm vm = new TestVm("48 89 04 25 00 00 e0 3f")) {
            assertEquals(Vcpu.EXIT_MMIO, vm.vcpu.run());
            assertEquals(0x3fe00000L, vm.vcpu.mmioAddress());
            assertEquals(8, vm.vcpu.mmioSize());
            assertTrue(vm.vcpu.mmioIsWrite());
            assertEquals("KVM_EXIT_MMIO write of 8 bytes at 0x3fe00000", vm.vcpu.describeExit());
        }
    }

    @Test
    void specialRegistersSayCpl3() {
        try (TestVm vm = new TestVm("e6 12"); Arena arena = Arena.ofConfined()) {
            MemorySegment sregs = kvm_sregs.allocate(arena);
            vm.vcpu.getSregs(sregs);
            assertEquals(0x33, kvm_segment.selector(kvm_sregs.cs(sregs)));
            assertEquals(3, kvm_segment.dpl(kvm_sregs.cs(sregs)));
            assertEquals(TestVm.PML4, kvm_sregs.cr3(sregs));
        }
    }

    @Test
    void ioEventFdIsSignalledWithoutAnExit() {
        // out 0x30, al; out 0x30, al; out 0x12, al
        try (EventFd event = new EventFd(); TestVm vm = new TestVm("e6 30  e6 30  e6 12")) {
            vm.machine.addIoEventFd(0x30, 1, event.fd());
            assertEquals(0, event.await(0));
            assertEquals(Vcpu.EXIT_IO, vm.vcpu.run());
            assertEquals(0x12, vm.vcpu.ioPort());
            assertEquals(2, event.await(-1));
            assertEquals(0, event.take());
        }
    }

    @Test
    void everyKickOfASpinningVcpuEndsItsRun() throws InterruptedException {
        int kicks = 3000;
        AtomicInteger seen = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        // jmp $
        try (TestVm vm = new TestVm("eb fe")) {
            Thread runner = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < kicks; i++) {
                        assertEquals(Vcpu.EXIT_INTERRUPTED, vm.vcpu.run());
                        seen.incrementAndGet();
                    }
                } catch (Throwable t) {
                    failure.set(t);
                }
            });
            // A kick may come at any point of the runner's loop, as this thread does not wait for it to be inside run().
            for (int i = 0; i < kicks && runner.isAlive(); i++) {
                vm.vcpu.kick();
                while (seen.get() <= i && runner.isAlive()) {
                    Thread.onSpinWait();
                }
            }
            runner.join();
        }
        assertEquals(null, failure.get());
        assertEquals(kicks, seen.get());
    }

    @Test
    void kickBeforeTheFirstRunIsNotLost() {
        try (TestVm vm = new TestVm("eb fe")) {
            vm.vcpu.kick();
            assertEquals(Vcpu.EXIT_INTERRUPTED, vm.vcpu.run());
        }
    }

    @Test
    void kickAfterCloseDoesNothing() {
        TestVm vm = new TestVm("eb fe");
        vm.close();
        vm.vcpu.kick();
        vm.vcpu.setImmediateExit(true);
        vm.close();
    }

    @Test
    void immediateExitKeepsTheVmFromRunning() {
        try (TestVm vm = new TestVm("48 ff c0  e6 12")) {
            vm.vcpu.setImmediateExit(true);
            assertEquals(Vcpu.EXIT_INTERRUPTED, vm.vcpu.run());
            Registers registers = new Registers();
            vm.vcpu.getRegs(registers);
            assertEquals(0, registers.get(RAX));
        }
    }

    @Test
    void failureNamesTheRequestAndTheError() {
        try (TestVm vm = new TestVm("e6 12")) {
            KvmException e = assertThrows(KvmException.class, () -> vm.machine.addMemory(1, 1, 4096, vm.memory.address()));
            assertEquals("KVM_SET_USER_MEMORY_REGION: Invalid argument (EINVAL)", e.getMessage());
            assertEquals(Errno.EINVAL, e.errno());
            assertNotEquals(0, vm.system.checkExtension(136));
        }
    }

    @Test
    void missingDeviceAndWrongDeviceAreToldApart() {
        assertTrue(assertThrows(KvmException.class, () -> KvmSystem.open("/dev/no-such-kvm")).getMessage()
            .startsWith("/dev/no-such-kvm is missing"));
        assertEquals("/dev/null is not KVM: KVM_GET_API_VERSION: Inappropriate ioctl for device (ENOTTY)",
            assertThrows(KvmException.class, () -> KvmSystem.open("/dev/null")).getMessage());
    }
}
