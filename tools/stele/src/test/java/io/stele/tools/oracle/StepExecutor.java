package io.stele.tools.oracle;

import io.stele.arm64.Arm64Isa;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.oracle.CpuImage;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.system.CpuFeatures;
import io.stele.arm64.system.FloatRegisters;
import io.stele.codegen.CpuArea;
import io.stele.guest.RuntimeHooks;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import java.util.function.LongPredicate;

/** Runs a batch with the generated interpreter: page tables, exceptions and system registers as in the machine, but no generated code. */
final class StepExecutor {
    private static final int MAX_STEPS = 10_000;
    private static final long MONITOR = GuestImage.LINEAR + GuestImage.MONITOR;

    private StepExecutor() {}

    static Results run(Batch batch, byte[] monitor) {
        try (HostMemory ram = HostMemory.mapHuge(GuestImage.RAM_BYTES); HostMemory cpu = HostMemory.map(CpuArea.BYTES)) {
            GuestImage image = new GuestImage(ram.address(), monitor, batch);
            QuietSystem system = new QuietSystem(() -> {
                throw new IllegalStateException("a case called the firmware like the monitor");
            });
            Arm64Isa isa = new Arm64Isa(CpuFeatures.DESCRIBED, image, new NoHooks(), system, system, line -> { });
            image.start(isa, cpu.address());
            for (int i = 0; i < batch.size(); i++) {
                enter(image, cpu.address(), i);
                int steps = 0;
                do {
                    if (isa.step(cpu.address()) == Arm64Isa.STEP_WAIT || ++steps > MAX_STEPS) {
                        throw new IllegalStateException("case " + i + " does not end");
                    }
                } while ((CpuState.pc(cpu.address()) & -0x800) != MONITOR);
                leave(image, cpu.address(), i);
            }
            return image.results();
        }
    }

    /** What the monitor does up to its ERET. */
    private static void enter(GuestImage image, long state, int i) {
        long record = image.at(GuestImage.record(i));
        CpuState.set(state, GuestState.SP_OFFSET, GuestImage.LINEAR + GuestImage.record(i));
        for (int n = 0; n < 31; n++) {
            CpuState.setX(state, n, RawMemory.getLong(record + 8 * n));
        }
        CpuState.set(state, GuestState.SP_EL0_OFFSET, RawMemory.getLong(record + 8 * 31));
        CpuState.set(state, GuestState.FPCR_OFFSET, RawMemory.getLong(record + GuestImage.FLOAT));
        CpuState.set(state, GuestState.FPSR_OFFSET, RawMemory.getLong(record + GuestImage.FLOAT + 8));
        copy(record + CpuImage.VECTORS, state + GuestState.V_OFFSET, 512);
        copy(record + CpuImage.MEMORY, image.at(GuestImage.MEMORY), CpuImage.MEMORY_BYTES);
        long status = RawMemory.getLong(record + GuestImage.CALL);
        CpuState.set(state, GuestState.SPSR_EL1_OFFSET, status);
        CpuState.set(state, GuestState.ELR_EL1_OFFSET, RawMemory.getLong(record + GuestImage.RETURN));
        CpuState.setNzcv(state, status);
        CpuState.setPstate(state, status & 0xfff_ffffL);
        CpuState.setPc(state, RawMemory.getLong(record + GuestImage.RETURN));
        CpuState.clearMonitor(state);
    }

    /** What the monitor does from its vector on. */
    private static void leave(GuestImage image, long state, int i) {
        long record = image.at(GuestImage.record(i));
        for (int n = 0; n < 31; n++) {
            RawMemory.putLong(record + 8 * n, CpuState.x(state, n));
        }
        RawMemory.putLong(record + 8 * 31, CpuState.get(state, GuestState.SP_EL0_OFFSET));
        RawMemory.putLong(record + GuestImage.STATUS, CpuState.get(state, GuestState.SPSR_EL1_OFFSET));
        RawMemory.putLong(record + GuestImage.FLOAT, CpuState.get(state, GuestState.FPCR_OFFSET));
        if (image.batch().setting().floats()) {
            RawMemory.putLong(record + GuestImage.FLOAT + 8, FloatRegisters.status(state));
        }
        RawMemory.putLong(record + GuestImage.CALL, CpuState.get(state, GuestState.ESR_EL1_OFFSET));
        RawMemory.putLong(record + GuestImage.FAULT, CpuState.get(state, GuestState.FAR_EL1_OFFSET));
        RawMemory.putLong(record + GuestImage.RETURN, CpuState.get(state, GuestState.ELR_EL1_OFFSET));
        copy(state + GuestState.V_OFFSET, record + CpuImage.VECTORS, 512);
        copy(image.at(GuestImage.MEMORY), record + CpuImage.MEMORY, CpuImage.MEMORY_BYTES);
    }

    private static void copy(long from, long to, int bytes) {
        for (int i = 0; i < bytes; i += 8) {
            RawMemory.putLong(to + i, RawMemory.getLong(from + i));
        }
    }

    /** There is no runtime that would have to know. */
    private static final class NoHooks implements RuntimeHooks {
        @Override
        public void invalidateTranslations(LongPredicate spaces, long va, long bytes) {
            // Every access walks the tables.
        }

        @Override
        public void contextChanged(long state) {
            // No generated code.
        }

        @Override
        public void codeModified(long physical, int bytes) {
            // No generated code.
        }

        @Override
        public void allCodeModified() {
            // No generated code.
        }

        @Override
        public long counter(long state) {
            return 0;
        }
    }
}
