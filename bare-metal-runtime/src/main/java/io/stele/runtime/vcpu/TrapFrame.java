package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;

/** What VM code writes down at a trap, in the CPU area: offsets, and what made the trap. The registers stand at {@link CpuArea#TRAP_FRAME}. */
public final class TrapFrame {
    public static final int RIP = CpuArea.TRAP_FRAME + 16 * 8;
    static final int RFLAGS = RIP + 8;
    public static final int ERROR = RIP + 16;
    /** Bit of the error code. */
    public static final long ERROR_WRITE = 1 << 1;
    /** Only after {@link Mailbox#COMMAND_FAULT_ADDRESS}. */
    static final int CR2 = RIP + 24;
    /** The vector of an exception, or one of the numbers below. */
    public static final int VECTOR = RIP + 32;

    public static final int PAGE_FAULT = 14;
    /** A region miss. */
    public static final int REGION_MISS = 256;
    /** An access thunk that cannot go on. */
    public static final int ACCESS = 257;
    /** {@link io.stele.codegen.Stubs#interpretSite}. */
    public static final int INTERPRET = 258;

    private TrapFrame() {}

    /** True for an exception that means that Stele is in error. */
    public static boolean isError(int vector) {
        return vector < REGION_MISS && vector != PAGE_FAULT;
    }
}
