package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.codegen.CpuArea;
import io.stele.ir.IrBuilder;
import io.stele.ir.softfloat.FloatEnvironment;
import io.stele.memory.RawMemory;

/** FPCR and FPSR (Arm ARM, C5.2.8 and C5.2.10) as control and flags of {@link FloatEnvironment}. */
public final class FloatRegisters {
    private static final int FPCR_FZ16 = 19;
    private static final int FPCR_RMODE = 22;
    private static final int FPCR_FZ = 24;
    private static final int FPCR_DN = 25;
    private static final int FPCR_AHP = 26;
    /** Bits of FPCR that ask for more than a rounding mode and default NaNs; those of them that concern half precision. */
    private static final long FPCR_HALF = 1L << FPCR_FZ16 | 1L << FPCR_AHP;
    private static final long FPCR_FLUSHING = 1L << FPCR_FZ | 1L << FPCR_FZ16;
    public static final long FPCR_SPECIAL = FPCR_HALF | 1L << FPCR_FZ;
    /** MXCSR: all exceptions masked; the rounding mode; flushing of results and of operands. */
    private static final int MXCSR_DEFAULT = 0x1f80;
    private static final int MXCSR_ROUNDING = 13;
    private static final int MXCSR_FLUSH = 1 << 15 | 1 << 6;
    /** MXCSR's sticky flags: all, invalid, underflow and precision. */
    private static final int MXCSR_FLAGS = 0x3f;
    private static final int MXCSR_IE = 1;
    private static final int MXCSR_UE_PE = 0x30;
    /** Number of FPSR.IDC. */
    public static final int IDC_BIT = 7;
    private static final int FPSR_IDC = 1 << IDC_BIT;
    private static final int FPSR_IXC = FloatEnvironment.INEXACT;
    /** Number of FPSR.QC. */
    public static final int QC_BIT = 27;
    static final int FPSR_QC = 1 << QC_BIT;
    /** IOC, DZC, OFC, UFC, IXC. */
    private static final int SAME_BITS = FloatEnvironment.INVALID | FloatEnvironment.DIVIDE_BY_ZERO | FloatEnvironment.OVERFLOW
        | FloatEnvironment.UNDERFLOW | FloatEnvironment.INEXACT;

    /**
     * Offset in the state block of the saturation register: 16 bytes that are not all zero when FPSR.QC is set. It stands behind the fields of
     * the description, at the place modulo 1024 of V31, which code seldom uses (docs/cpu-area.md).
     */
    public static final int SATURATION = 0x720;

    /** The same for FPSR.IDC, at the place of V30: denormal operands that generated code has met while FPCR.FZ was set. */
    public static final int DENORMALS = 0x710;

    private FloatRegisters() {}

    /** The control word that FPCR asks for; its rounding modes have the numbers of RMode. */
    public static int control(long fpcr) {
        return (int) (fpcr >>> FPCR_RMODE & 3) | bit(fpcr, FPCR_FZ, FloatEnvironment.FLUSH_TO_ZERO)
            | bit(fpcr, FPCR_FZ16, FloatEnvironment.FLUSH_TO_ZERO_16)
            | bit(fpcr, FPCR_DN, FloatEnvironment.DEFAULT_NAN) | bit(fpcr, FPCR_AHP, FloatEnvironment.ALTERNATIVE_HALF);
    }

    private static int bit(long fpcr, int position, int meaning) {
        return (fpcr >>> position & 1) != 0 ? meaning : 0;
    }

    /**
     * How generated code stands to FPCR: a kind of {@link IrBuilder#floatControl}. It rounds and flushes as MXCSR says, and leaves instructions with
     * NaN results to the interpreter, so that the rounding mode and the default NaN do not matter to it.
     */
    public static int kind(long state) {
        long fpcr = CpuState.get(state, GuestState.FPCR_OFFSET);
        return (fpcr & FPCR_SPECIAL) == 0 ? IrBuilder.FLOAT_DEFAULT : isWatched(state) ? IrBuilder.FLOAT_WATCHED : IrBuilder.FLOAT_FLUSHING;
    }

    /** Results are flushed, and FPSR.IXC is not set, which flushing must not do: generated code leaves what would set PE. */
    private static boolean isWatched(long state) {
        return (CpuState.get(state, GuestState.FPCR_OFFSET) & FPCR_FLUSHING) != 0 && (CpuState.get(state, GuestState.FPSR_OFFSET) & FPSR_IXC) == 0;
    }

    /** Tells a builder about FPCR, FPSR and the registers that stand for parts of it. */
    public static void tell(IrBuilder builder, int kind) {
        builder.floatControl(kind);
        builder.floatControlRegisters(GuestState.FPCR_OFFSET, FPCR_SPECIAL, FPCR_HALF, DENORMALS);
        builder.saturationRegister(SATURATION);
    }

    /** Before the interpreter executes an instruction: forgets what generated code has raised by trying it. */
    public static void forgetTrial(long state) {
        if (isWatched(state)) {
            RawMemory.putInt(state + CpuArea.MXCSR, RawMemory.getInt(state + CpuArea.MXCSR) & ~MXCSR_UE_PE);
        }
    }

    /**
     * Sets the bits of FPSR that the interpreter has raised.
     *
     * @return true if that changes {@link #kind}
     */
    public static boolean raise(long state, int flags) {
        if (flags == 0) {
            return false;
        }
        boolean watched = isWatched(state);
        CpuState.set(state, GuestState.FPSR_OFFSET, CpuState.get(state, GuestState.FPSR_OFFSET) | fpsr(flags));
        return watched && !isWatched(state);
    }

    /** FPSR with the flags that generated code left in MXCSR and in the two registers. */
    public static long status(long state) {
        return CpuState.get(state, GuestState.FPSR_OFFSET) | statusOfHost(RawMemory.getInt(state + CpuArea.MXCSR))
            | (isZero(state, SATURATION) ? 0 : FPSR_QC) | (isZero(state, DENORMALS) ? 0 : FPSR_IDC);
    }

    private static boolean isZero(long state, int register) {
        return (CpuState.get(state, register) | CpuState.get(state, register + 8)) == 0;
    }

    /** Sets FPSR. */
    public static void setStatus(long state, long value) {
        CpuState.set(state, GuestState.FPSR_OFFSET, value);
        for (int offset = 0; offset < 16; offset += 8) {
            CpuState.set(state, SATURATION + offset, 0);
            CpuState.set(state, DENORMALS + offset, 0);
        }
        RawMemory.putInt(state + CpuArea.MXCSR, RawMemory.getInt(state + CpuArea.MXCSR) & ~MXCSR_FLAGS);
    }

    /** Sets FPCR; what has been raised until now becomes part of the stored FPSR. */
    public static void setControl(long state, long value) {
        setStatus(state, status(state));
        CpuState.set(state, GuestState.FPCR_OFFSET, value);
        RawMemory.putInt(state + CpuArea.MXCSR, mxcsr(value));
    }

    /** IOC, DZC, OFC, UFC, IXC from IE, ZE, OE, UE, PE. */
    static long statusOfHost(int mxcsr) {
        return mxcsr & MXCSR_IE | mxcsr >>> 1 & 0x1e;
    }

    /** MXCSR for generated code, without flags. The host has the modes towards the two infinities in the other order. */
    public static int mxcsr(long fpcr) {
        int mode = (int) (fpcr >>> FPCR_RMODE) & 3;
        return MXCSR_DEFAULT | (mode >>> 1 | (mode & 1) << 1) << MXCSR_ROUNDING | bit(fpcr, FPCR_FZ, MXCSR_FLUSH);
    }

    /** The bits of FPSR that cumulative flags set. */
    public static long fpsr(int flags) {
        return flags & SAME_BITS | ((flags & FloatEnvironment.INPUT_DENORMAL) != 0 ? FPSR_IDC : 0)
            | ((flags & FloatEnvironment.SATURATED) != 0 ? FPSR_QC : 0);
    }
}
