package io.stele.codegen;

import io.stele.memory.RawMemory;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
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
 * Runs compiled blocks in this process, without a VM: executable memory, a CPU area, and stubs that stand in for the runtime's. Guest
 * addresses are host addresses (K = 0). A block that leaves, misses its region or reaches a planted trap returns to Java.
 */
final class NativeCode {
    static final GuestLayout LAYOUT = new GuestLayout(272, 264);
    static final int REASON_REGION_MISS = 1000;
    /** The site before the return address, in the trap frame, is to be interpreted. */
    static final int REASON_INTERPRET_SITE = 1002;
    static final int REASON_TRAP = 1001;
    static final int CODE_BYTES = 1 << 20;
    private static final int STUB_BYTES = 1 << 15;
    static final int DATA_BYTES = 1 << 14;

    private static final int PROT_READ_WRITE_EXEC = 7;
    private static final int MAP_PRIVATE_ANONYMOUS_32BIT = 0x62;
    private static final int SAVED_RSP = CpuArea.MAILBOX;

    /** Start of the CPU area, the code, the data and the trap stub. */
    final long cpu;
    final long code;
    final long data;
    final long trap;
    final Stubs stubs;
    private final MethodHandle enter;

    @SuppressWarnings("restricted")
    NativeCode() {
        Linker linker = Linker.nativeLinker();
        MethodHandle mmap = linker.downcallHandle(linker.defaultLookup().findOrThrow("mmap"), FunctionDescriptor.of(ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG));
        long size = CpuArea.BYTES + CODE_BYTES + DATA_BYTES + STUB_BYTES;
        try {
            cpu = (long) mmap.invokeExact(0L, size, PROT_READ_WRITE_EXEC, MAP_PRIVATE_ANONYMOUS_32BIT, -1, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        if (cpu < 0) {
            throw new IllegalStateException("mmap failed");
        }
        ConstantTables.write(cpu);
        RawMemory.putInt(cpu + CpuArea.CONTEXT, CpuArea.contextWord(0));
        RawMemory.putInt(cpu + CpuArea.INTERRUPT_PENDING, CpuArea.NOTHING_PENDING);
        data = cpu + CpuArea.BYTES;
        long stubCode = data + DATA_BYTES;
        code = stubCode + STUB_BYTES;
        Assembler asm = new Assembler();
        asm.reset(stubCode);
        long enterAddress = asm.address();
        for (int r : CALLEE_SAVED) {
            asm.r(Op.PUSH, r);
        }
        asm.mr(Op.MOV, 64, Mem.at(Reg.RDI, SAVED_RSP), Reg.RSP);
        asm.m(Op.STMXCSR, Mem.at(Reg.RDI, SAVED_RSP + 8));
        asm.rm(Op.LEA, 64, Reg.RBP, Mem.at(Reg.RDI, CpuArea.BASE_BIAS));
        asm.rm(Op.LEA, 64, Reg.RSP, Mem.at(Reg.RDI, CpuArea.STACK_TOP));
        asm.rr(Op.MOV, 64, Reg.R14, Reg.RDX);
        asm.r(Op.JMP, Reg.RSI);
        long leave = asm.address();
        asm.m(Op.LDMXCSR, Registers.area(SAVED_RSP + 8));
        asm.rm(Op.MOV, 64, Reg.RSP, Registers.area(SAVED_RSP));
        for (int i = CALLEE_SAVED.length - 1; i >= 0; i--) {
            asm.r(Op.POP, CALLEE_SAVED[i]);
        }
        asm.op(Op.RET);
        long link = asm.address();
        LinkCode.emitStub(asm);
        leaveStub(asm, Stubs.REASON_LINK, leave);
        long interpret = asm.address();
        addPage(asm);
        leaveStub(asm, Stubs.REASON_INTERPRET, leave);
        int pending = asm.newLabel();
        long absent = asm.address();
        asm.r(Op.POP, Reg.RCX);
        long miss = asm.address();
        asm.rr(Op.OR, 64, Reg.RAX, Reg.R14);
        asm.mi(Op.CMP, 32, Registers.area(CpuArea.INTERRUPT_PENDING), CpuArea.NOTHING_PENDING);
        asm.jcc(Cond.NE, pending);
        leaveStub(asm, Stubs.REASON_MISS, leave);
        long interrupt = asm.address();
        addPage(asm);
        asm.bind(pending);
        leaveStub(asm, Stubs.REASON_INTERRUPT, leave);
        long tell = asm.address();
        trapStub(asm, REASON_REGION_MISS, leave);
        long interpretSite = asm.address();
        trapStub(asm, REASON_INTERPRET_SITE, leave);
        trap = asm.address();
        trapStub(asm, REASON_TRAP, leave);
        long regionMiss = RegionMissStubs.emit(asm, tell);
        asm.checkLabels();
        RawMemory.copy(asm.code().array(), 0, stubCode, asm.position());
        stubs = new Stubs(leave, link, interpret, interpretSite, miss, absent, interrupt, regionMiss, code);
        enter = linker.downcallHandle(MemorySegment.ofAddress(enterAddress),
            FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    }

    private static final int[] CALLEE_SAVED = {Reg.RBX, Reg.RBP, Reg.R12, Reg.R13, Reg.R14, Reg.R15};

    /** EAX is the distance of the pc from r14. */
    private static void addPage(Assembler asm) {
        asm.rr(Op.MOVSXD, 64, Reg.RAX, Reg.RAX);
        asm.rr(Op.ADD, 64, Reg.RAX, Reg.R14);
    }

    /** RAX is the pc. */
    private static void leaveStub(Assembler asm, int reason, long leave) {
        asm.mr(Op.MOV, 64, Registers.area(LAYOUT.pcOffset()), Reg.RAX);
        asm.mi(Op.MOV, 32, Registers.area(CpuArea.LEAVE_REASON), reason);
        asm.jmpTo(leave);
    }

    /** Called from the code: saves all registers in the trap frame. */
    private static void trapStub(Assembler asm, int reason, long leave) {
        for (int r = 0; r < 16; r++) {
            asm.mr(Op.MOV, 64, Registers.area(CpuArea.TRAP_FRAME + 8 * r), r);
        }
        asm.op(Op.PUSHFQ);
        asm.r(Op.POP, Reg.RAX);
        asm.mr(Op.MOV, 64, Registers.area(CpuArea.TRAP_FRAME + 17 * 8), Reg.RAX);
        asm.r(Op.POP, Reg.RAX);
        asm.mr(Op.MOV, 64, Registers.area(CpuArea.TRAP_FRAME + 16 * 8), Reg.RAX);
        for (int x = 0; x < 16; x++) {
            asm.mr(Op.VMOVDQU, Registers.area(CpuArea.TRAP_XMM + 16 * x), x);
        }
        asm.mi(Op.MOV, 32, Registers.area(CpuArea.LEAVE_REASON), reason);
        asm.jmpTo(leave);
    }

    /** Copies a compiled block to {@code address}. */
    void install(BlockCompiler compiler, CompiledBlock block, long address) {
        RawMemory.copy(compiler.code(), 0, address, block.length);
    }

    /** Makes execution of the instruction at {@code address} leave with {@link #REASON_TRAP}. The bytes behind it are lost. */
    void plantTrap(long address) {
        RawMemory.putByte(address, (byte) 0xe8);
        RawMemory.putInt(address + 1, (int) (trap - (address + 5)));
    }

    /** Runs from {@code address} until the code leaves; returns the reason. */
    int run(long address, long pageVa) {
        try {
            enter.invokeExact(cpu, address, pageVa);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        return RawMemory.getInt(cpu + CpuArea.LEAVE_REASON);
    }

    /** Behind {@link #REASON_INTERPRET_SITE}: the guest state as the site describes it, in a block that was installed at {@code address}. */
    void restoreSite(CompiledBlock block, long address, long pageVa) {
        long frame = cpu + CpuArea.TRAP_FRAME;
        block.restoreState(block.findSite((int) (RawMemory.getLong(frame + 16 * 8) - address)), frame, cpu, pageVa);
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

    /** All addresses below 1 TiB are in region 0, which uses slot 0. */
    static final RegionGuess IDENTITY = (view, baseStateOffset, pageOffset) -> 0;
}
