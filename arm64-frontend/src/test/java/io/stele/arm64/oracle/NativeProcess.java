package io.stele.arm64.oracle;

import io.stele.arm64.generated.GuestState;
import io.stele.codegen.ConstantTables;
import io.stele.codegen.CpuArea;
import io.stele.codegen.HostFeatures;
import io.stele.codegen.LinkCode;
import io.stele.codegen.RegionGuess;
import io.stele.codegen.RegionMissStubs;
import io.stele.codegen.Stubs;
import io.stele.memory.RawMemory;
import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Memory of this process where generated code can run: a CPU area, stubs that return to Java, code, and an area that stands for the guest
 * addresses from the code slots to the memory block. Every way out of a block ends {@link #run}. The low addresses that it takes are scarce:
 * close it.
 */
final class NativeProcess implements AutoCloseable {
    /** What {@link #run} returns after a failed region check; the other reasons are those of the generated code. */
    static final int REASON_REGION_MISS = 1000;
    /** The trap frame has the registers and, as rip, the address behind the site that is to be interpreted. */
    static final int REASON_INTERPRET_SITE = 1001;

    private static final int STUB_BYTES = 1 << 15;
    private static final int CODE_BYTES = 1 << 18;
    private static final long LOW_BYTES = CpuArea.BYTES + STUB_BYTES + CODE_BYTES;
    private static final long GUEST_BYTES = CpuImage.MEMORY_BASE + StateExecutor.PAGE - Executor.CODE_BASE;
    private static final int PROT_READ_WRITE = 3;
    private static final int PROT_READ_WRITE_EXEC = 7;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MAP_32BIT = 0x40;
    private static final int SAVED_RSP = CpuArea.MAILBOX;
    private static final int SAVED_MXCSR = CpuArea.MAILBOX + 8;
    private static final int[] CALLEE_SAVED = {Reg.RBX, Reg.RBP, Reg.R12, Reg.R13, Reg.R14, Reg.R15};
    private static final FunctionDescriptor MMAP = FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
        ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);
    private static final FunctionDescriptor MUNMAP = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);

    /** All guest addresses are in region 0, which uses K slot 0. */
    static final RegionGuess REGION_ZERO = (view, baseStateOffset, pageOffset) -> 0;

    final long cpu;
    /** Where blocks are installed. */
    final long code;
    final Stubs stubs;
    private final long guestToHost;
    private final MethodHandle enter;
    private final MethodHandle munmap;

    @SuppressWarnings("restricted")
    NativeProcess() {
        Linker linker = Linker.nativeLinker();
        MethodHandle mmap = linker.downcallHandle(linker.defaultLookup().findOrThrow("mmap"), MMAP);
        munmap = linker.downcallHandle(linker.defaultLookup().findOrThrow("munmap"), MUNMAP);
        cpu = map(mmap, LOW_BYTES, PROT_READ_WRITE_EXEC, MAP_PRIVATE_ANONYMOUS | MAP_32BIT);
        guestToHost = map(mmap, GUEST_BYTES, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS | MAP_NORESERVE) - Executor.CODE_BASE;
        for (int view = 0; view < 2; view++) {
            RawMemory.putLong(cpu + CpuArea.regionK(view, 0), guestToHost);
        }
        RawMemory.putInt(cpu + CpuArea.CONTEXT, CpuArea.contextWord(0));
        RawMemory.putInt(cpu + CpuArea.INTERRUPT_PENDING, CpuArea.NOTHING_PENDING);
        ConstantTables.write(cpu);
        long stubCode = cpu + CpuArea.BYTES;
        code = stubCode + STUB_BYTES;
        Assembler asm = new Assembler();
        asm.reset(stubCode);
        emitEnter(asm);
        long leave = asm.address();
        emitLeave(asm);
        long tell = asm.address();
        asm.mi(Op.MOV, 32, area(CpuArea.LEAVE_REASON), REASON_REGION_MISS);
        asm.jmpTo(leave);
        long link = asm.address();
        LinkCode.emitStub(asm);
        emitReason(asm, Stubs.REASON_LINK, leave);
        long interpret = asm.address();
        emitAddPage(asm);
        emitReason(asm, Stubs.REASON_INTERPRET, leave);
        long interpretSite = asm.address();
        emitTrap(asm, leave);
        long absent = asm.address();
        asm.r(Op.POP, Reg.RCX);
        long miss = asm.address();
        asm.rr(Op.OR, 64, Reg.RAX, Reg.R14);
        emitReason(asm, Stubs.REASON_MISS, leave);
        long interrupt = asm.address();
        emitAddPage(asm);
        emitReason(asm, Stubs.REASON_INTERRUPT, leave);
        long regionMiss = RegionMissStubs.emit(asm, tell);
        RawMemory.copy(asm.code().array(), 0, stubCode, asm.position());
        stubs = new Stubs(leave, link, interpret, interpretSite, miss, absent, interrupt, regionMiss, code);
        enter = linker.downcallHandle(MemorySegment.ofAddress(stubCode),
            FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    }

    private static long map(MethodHandle mmap, long bytes, int protection, int flags) {
        long address;
        try {
            address = (long) mmap.invokeExact(0L, bytes, protection, flags, -1, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("mmap", e);
        }
        if (address < 0) {
            throw new IllegalStateException("mmap of " + bytes + " bytes failed");
        }
        return address;
    }

    private static long area(int offset) {
        return Mem.at(Reg.RBP, offset - CpuArea.BASE_BIAS);
    }

    /** enter(rdi = CPU area, rsi = code, rdx = guest address of the code page). */
    private static void emitEnter(Assembler asm) {
        for (int r : CALLEE_SAVED) {
            asm.r(Op.PUSH, r);
        }
        asm.mr(Op.MOV, 64, Mem.at(Reg.RDI, SAVED_RSP), Reg.RSP);
        asm.m(Op.STMXCSR, Mem.at(Reg.RDI, SAVED_MXCSR));
        asm.m(Op.LDMXCSR, Mem.at(Reg.RDI, CpuArea.MXCSR));
        asm.rm(Op.LEA, 64, Reg.RBP, Mem.at(Reg.RDI, CpuArea.BASE_BIAS));
        asm.rm(Op.LEA, 64, Reg.RSP, Mem.at(Reg.RDI, CpuArea.STACK_TOP));
        asm.rr(Op.MOV, 64, Reg.R14, Reg.RDX);
        asm.r(Op.JMP, Reg.RSI);
    }

    /** EAX is the distance of the pc from r14. */
    private static void emitAddPage(Assembler asm) {
        asm.rr(Op.MOVSXD, 64, Reg.RAX, Reg.RAX);
        asm.rr(Op.ADD, 64, Reg.RAX, Reg.R14);
    }

    /** RAX is the pc. */
    private static void emitReason(Assembler asm, int reason, long leave) {
        asm.mr(Op.MOV, 64, area(GuestState.PC_OFFSET), Reg.RAX);
        asm.mi(Op.MOV, 32, area(CpuArea.LEAVE_REASON), reason);
        asm.jmpTo(leave);
    }

    private static void emitTrap(Assembler asm, long leave) {
        for (int r = 0; r < 16; r++) {
            asm.mr(Op.MOV, 64, area(CpuArea.TRAP_FRAME + 8 * r), r);
        }
        asm.m(Op.POP, area(CpuArea.TRAP_FRAME + 16 * 8));
        asm.op(Op.PUSHFQ);
        asm.m(Op.POP, area(CpuArea.TRAP_FRAME + 17 * 8));
        for (int x = 0; x < 16; x++) {
            asm.mr(Op.VMOVDQU, area(CpuArea.TRAP_XMM + 16 * x), x);
        }
        asm.mi(Op.MOV, 32, area(CpuArea.LEAVE_REASON), REASON_INTERPRET_SITE);
        asm.jmpTo(leave);
    }

    private static void emitLeave(Assembler asm) {
        asm.m(Op.STMXCSR, area(CpuArea.MXCSR));
        asm.m(Op.LDMXCSR, area(SAVED_MXCSR));
        asm.rm(Op.MOV, 64, Reg.RSP, area(SAVED_RSP));
        for (int i = CALLEE_SAVED.length - 1; i >= 0; i--) {
            asm.r(Op.POP, CALLEE_SAVED[i]);
        }
        asm.op(Op.RET);
    }

    /** Host address of a guest address. */
    long host(long guest) {
        return guest + guestToHost;
    }

    /** Runs the installed block until it leaves; returns the reason. */
    int run(long pageAddress) {
        try {
            enter.invokeExact(cpu, code, pageAddress);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        return RawMemory.getInt(cpu + CpuArea.LEAVE_REASON);
    }

    @Override
    public void close() {
        unmap(cpu, LOW_BYTES);
        unmap(host(Executor.CODE_BASE), GUEST_BYTES);
    }

    private void unmap(long address, long bytes) {
        try {
            int status = (int) munmap.invokeExact(address, bytes);
            if (status != 0) {
                throw new IllegalStateException("munmap of " + bytes + " bytes failed");
            }
        } catch (Throwable e) {
            throw new IllegalStateException("munmap", e);
        }
    }

    static HostFeatures hostFeatures() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith("flags")) {
                    return HostFeatures.fromFlags(line.substring(line.indexOf(':') + 1));
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        throw new IllegalStateException("no flags in /proc/cpuinfo");
    }
}
