package io.stele.arm64.oracle;

import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.generated.Interpreter;
import io.stele.arm64.state.SystemControl;
import io.stele.arm64.system.FloatRegisters;
import io.stele.codegen.CpuArea;
import io.stele.ir.Evaluator;
import io.stele.ir.EvaluatorMemory;
import io.stele.ir.HostFlags;
import io.stele.ir.Vec;
import io.stele.memory.RawMemory;

/** What executors on a CPU area in this process share: state, memory block, code slots, and the interpretation of one instruction. */
abstract class StateExecutor implements Executor {
    static final int PAGE = 4096;
    /** Longest sequence executed in a slot before it counts as a loop. */
    static final int MAX_STEPS = 1024;

    /** Host addresses of the CPU area and of the page that holds the memory block. */
    final long cpu;
    private final long memory;
    private final Evaluator evaluator = new Evaluator(GuestState.NZCV_OFFSET, CpuArea.MONITOR_ADDRESS, new BlockMemory());
    /** Host address and size of the code slots. */
    private long code;
    private long codeBytes;

    StateExecutor(long cpu, long memory) {
        this.cpu = cpu;
        this.memory = memory;
        evaluator.attach(cpu);
    }

    /** Sets the host address of the code slots and how many bytes may be read there. */
    final void code(long address, long bytes) {
        code = address;
        codeBytes = bytes;
    }

    final int word(long pc) {
        return RawMemory.getInt(host(4, pc));
    }

    /** Interprets the instruction at {@code pc} and returns the next pc, or a signal number when it does not complete. */
    final long interpret(long pc) {
        int word = word(pc);
        int index = Decoder.decode(word);
        if (index < 0) {
            return CpuImage.SIGILL;
        }
        FloatRegisters.forgetTrial(cpu);
        try {
            evaluator.setPage(pc & -PAGE, 0);
            evaluator.beginInstruction((int) pc & PAGE - 1, word);
            Interpreter.execute(evaluator, index, word);
        } catch (AccessFault fault) {
            return fault.signal;
        }
        if (evaluator.leaveReason() != Evaluator.NOT_LEFT) {
            return CpuImage.SIGILL;
        }
        evaluator.endInstruction();
        FloatRegisters.raise(cpu, evaluator.floats().flags());
        evaluator.floats().clearFlags();
        return evaluator.branched() ? evaluator.nextPc() : pc + 4;
    }

    /** Makes an image the state of the CPU and of the memory block. */
    final void load(CpuImage image) {
        for (int n = 0; n < 31; n++) {
            RawMemory.putLong(cpu + GuestState.X_OFFSET + 8 * n, image.x(n));
        }
        RawMemory.putLong(cpu + GuestState.SP_OFFSET, image.sp());
        RawMemory.putInt(cpu + GuestState.NZCV_OFFSET, HostFlags.fromNzcv(image.nzcv()));
        RawMemory.putLong(cpu + GuestState.SCTLR_EL1_OFFSET, SystemControl.MSCEN);
        RawMemory.putLong(cpu + GuestState.FPCR_OFFSET, image.fpcr());
        RawMemory.putLong(cpu + GuestState.FPSR_OFFSET, image.fpsr());
        for (int offset = 0; offset < 16; offset += 8) {
            RawMemory.putLong(cpu + FloatRegisters.SATURATION + offset, 0);
            RawMemory.putLong(cpu + FloatRegisters.DENORMALS + offset, 0);
        }
        evaluator.floats().setControl(FloatRegisters.control(image.fpcr()));
        evaluator.floats().clearFlags();
        for (int n = 0; n < 32; n++) {
            RawMemory.putLong(cpu + GuestState.V_OFFSET + 16 * n, image.v(n, 0));
            RawMemory.putLong(cpu + GuestState.V_OFFSET + 16 * n + 8, image.v(n, 1));
        }
        for (int i = 0; i < CpuImage.MEMORY_BYTES; i++) {
            RawMemory.putByte(memory + i, image.memory(i));
        }
        RawMemory.putLong(cpu + CpuArea.MONITOR_ADDRESS, -1);
    }

    /** The other direction. */
    final void store(CpuImage image, int outcome) {
        for (int n = 0; n < 31; n++) {
            image.x(n, RawMemory.getLong(cpu + GuestState.X_OFFSET + 8 * n));
        }
        image.sp(RawMemory.getLong(cpu + GuestState.SP_OFFSET));
        image.nzcv(HostFlags.toNzcv(RawMemory.getInt(cpu + GuestState.NZCV_OFFSET)));
        image.fpcr(RawMemory.getLong(cpu + GuestState.FPCR_OFFSET));
        image.fpsr(RawMemory.getLong(cpu + GuestState.FPSR_OFFSET));
        for (int n = 0; n < 32; n++) {
            image.v(n, 0, RawMemory.getLong(cpu + GuestState.V_OFFSET + 16 * n));
            image.v(n, 1, RawMemory.getLong(cpu + GuestState.V_OFFSET + 16 * n + 8));
        }
        for (int i = 0; i < CpuImage.MEMORY_BYTES; i++) {
            image.memory(i, RawMemory.getByte(memory + i));
        }
        image.outcome(outcome);
    }

    /** Host address of {@code size} bytes of guest memory or code. */
    private long host(int size, long va) {
        long offset = va - CpuImage.MEMORY_BASE;
        if (offset >= 0 && offset <= PAGE - size) {
            return memory + offset;
        }
        offset = va - CODE_BASE;
        if (offset >= 0 && offset <= codeBytes - size) {
            return code + offset;
        }
        throw new AccessFault(CpuImage.SIGSEGV);
    }

    private long writable(int size, long va) {
        long address = host(size, va);
        if (va >= CODE_BASE && va < CODE_BASE + codeBytes) {
            throw new AccessFault(CpuImage.SIGSEGV);
        }
        return address;
    }

    private static final class AccessFault extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int signal;

        AccessFault(int signal) {
            super(null, null, false, false);
            this.signal = signal;
        }
    }

    /** The memory block and the code, at their fixed addresses. */
    private final class BlockMemory implements EvaluatorMemory {
        @Override
        public long load(int size, long va, int view) {
            return RawMemory.get(size, host(size, va));
        }

        @Override
        public void store(int size, long va, long value, int view) {
            RawMemory.put(size, writable(size, va), value);
        }

        @Override
        public void storeVec(int size, long va, Vec value, int view) {
            long address = writable(size, va);
            for (int i = 0; i < size; i++) {
                RawMemory.putByte(address + i, (byte) value.lane(8, i));
            }
        }

        @Override
        public void requireAligned(int size, long va, int view, boolean write) {
            if ((va & size - 1) != 0) {
                throw new AccessFault(CpuImage.SIGBUS);
            }
        }

        @Override
        public long atomicAddress(int size, long va, int view, boolean write) {
            requireAligned(size, va, view, write);
            return write ? writable(size, va) : host(size, va);
        }
    }
}
