package io.stele.arm64.state;

import io.stele.arm64.generated.GuestState;
import io.stele.codegen.CpuArea;
import io.stele.ir.HostFlags;
import io.stele.memory.RawMemory;

/** Access to the CPU state block from Java: static, by the host address of the block. */
public final class CpuState {
    private CpuState() {}

    /** An 8-byte field by its {@code GuestState} offset. */
    public static long get(long state, int offset) {
        return RawMemory.getLong(state + offset);
    }

    public static void set(long state, int offset, long value) {
        RawMemory.putLong(state + offset, value);
    }

    /** X0 to X30; 31 reads as zero. */
    public static long x(long state, int n) {
        return n == 31 ? 0 : RawMemory.getLong(state + GuestState.X_OFFSET + 8L * n);
    }

    /** Writes X0 to X30; 31 is discarded. */
    public static void setX(long state, int n, long value) {
        if (n != 31) {
            RawMemory.putLong(state + GuestState.X_OFFSET + 8L * n, value);
        }
    }

    public static long pc(long state) {
        return RawMemory.getLong(state + GuestState.PC_OFFSET);
    }

    public static void setPc(long state, long value) {
        RawMemory.putLong(state + GuestState.PC_OFFSET, value);
    }

    public static int cpu(long state) {
        return (int) RawMemory.getLong(state + GuestState.CPU_INDEX_OFFSET);
    }

    /** PSTATE without NZCV. */
    public static long pstate(long state) {
        return RawMemory.getLong(state + GuestState.PSTATE_OFFSET);
    }

    public static boolean privileged(long state) {
        return (pstate(state) & Pstate.EL_MASK) != 0;
    }

    /** Replaces PSTATE (without NZCV) and exchanges the stack pointers if another one becomes current. */
    public static void setPstate(long state, long value) {
        boolean before = usesSpEl1(pstate(state));
        boolean after = usesSpEl1(value);
        if (before != after) {
            long sp = get(state, GuestState.SP_OFFSET);
            set(state, before ? GuestState.SP_EL1_OFFSET : GuestState.SP_EL0_OFFSET, sp);
            set(state, GuestState.SP_OFFSET, get(state, after ? GuestState.SP_EL1_OFFSET : GuestState.SP_EL0_OFFSET));
        }
        RawMemory.putLong(state + GuestState.PSTATE_OFFSET, value);
    }

    private static boolean usesSpEl1(long pstate) {
        return (pstate & Pstate.MODE) == Pstate.EL1H;
    }

    /** N, Z, C, V in bits 31:28, as MRS NZCV reads them. */
    public static long nzcv(long state) {
        return (long) HostFlags.toNzcv(RawMemory.getInt(state + GuestState.NZCV_OFFSET)) << 28;
    }

    /** Sets the flags from bits 31:28. */
    public static void setNzcv(long state, long value) {
        RawMemory.putInt(state + GuestState.NZCV_OFFSET, HostFlags.fromNzcv((int) (value >>> 28) & 15));
    }

    /** PSTATE with NZCV, as an exception saves it. */
    public static long savedProgramStatus(long state) {
        return pstate(state) | nzcv(state);
    }

    /** Asserted interrupt lines: bit 0 IRQ, bit 1 FIQ. Nothing is handed over while Java has the CPU. */
    public static int interruptLines(long state) {
        return RawMemory.getIntVolatile(state + CpuArea.INTERRUPT_LINE);
    }

    /** True between a load-exclusive and what ends its monitor. */
    public static boolean monitors(long state) {
        return RawMemory.getLong(state + CpuArea.MONITOR_ADDRESS) != -1;
    }

    /** Clears the local exclusive monitor. */
    public static void clearMonitor(long state) {
        RawMemory.putLong(state + CpuArea.MONITOR_ADDRESS, -1);
    }
}
