package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;

/**
 * The part of the interrupt controller's CPU interface that generated code works on while its CPU runs: ICC_IAR1_EL1 of the interrupt that
 * the CPU is about to take, ICC_EOIR1_EL1 of the one that is active. The controller lends it to a CPU that goes on, and takes it back, with
 * what was done meanwhile, before anything else is done for the CPU.
 *
 * <p>The interrupt that may be acknowledged stands beside the interrupt lines ({@link CpuArea#INTERRUPT_HANDED}): to what unmasks it is one
 * more line. Words are written by Java while the CPU stands still, and by generated code otherwise.
 */
public final class LentInterrupts {
    /** Bits of ICC_DONE. */
    public static final int ACKNOWLEDGED = 1;
    public static final int ENDED = 2;

    private LentInterrupts() {}

    static void reset(long state) {
        CpuState.set(state, GuestState.ICC_LENT_OFFSET, 0);
        clear(state);
    }

    private static void clear(long state) {
        RawMemory.putShort(state + CpuArea.INTERRUPT_HANDED, (short) 0);
        CpuState.set(state, GuestState.ICC_END_OFFSET, 0);
        CpuState.set(state, GuestState.ICC_DONE_OFFSET, 0);
    }

    static void lend(long state, SystemRegisterDevice controller) {
        long lent = controller.lend(CpuState.cpu(state), (CpuState.pstate(state) & Pstate.I) != 0);
        if (lent != 0) {
            CpuState.set(state, GuestState.ICC_LENT_OFFSET, 1);
            CpuState.set(state, GuestState.ICC_END_OFFSET, lent >>> SystemRegisterDevice.LENT_END_SHIFT);
            RawMemory.putShort(state + CpuArea.INTERRUPT_HANDED, (short) (lent & SystemRegisterDevice.LENT_ACKNOWLEDGE_MASK));
        }
    }

    static void takeBack(long state, SystemRegisterDevice controller) {
        if (CpuState.get(state, GuestState.ICC_LENT_OFFSET) != 0) {
            long done = CpuState.get(state, GuestState.ICC_DONE_OFFSET);
            reset(state);
            controller.takeBack(CpuState.cpu(state), (done & ACKNOWLEDGED) != 0, (done & ENDED) != 0);
        }
    }

    /** True if a CPU that may run has done this with what was lent to it. */
    public static boolean has(long state, int done) {
        return (RawMemory.getLongVolatile(state + GuestState.ICC_DONE_OFFSET) & done) != 0;
    }
}
