package io.stele.kvm;

/**
 * Where a vCPU starts: 64-bit mode, CPL 3, flat segments. Addresses are virtual addresses in the VM, {@link #cr3} is guest-physical.
 *
 * <p>The GDT must hold, for the trap stubs and the entry: selector 0x10 a ring-0 64-bit code segment, 0x18 ring-0 data, 0x20 ring-3 32-bit
 * code, 0x28 ring-3 data, 0x30 ring-3 64-bit code, and at {@link #tssSelector} a 64-bit TSS.
 */
public final class UserModeState {
    /** Selector of the 64-bit code segment at CPL 3. */
    public static final int CODE_SELECTOR = 0x33;
    /** Selector of the data segment at CPL 3. */
    public static final int DATA_SELECTOR = 0x2b;
    /** RFLAGS: the always-one bit and IOPL 3, so that {@code in} and {@code out} work at CPL 3. */
    public static final long RFLAGS = 0x3002;

    public long cr3;
    public long gdtBase;
    /** Bytes minus one. */
    public int gdtLimit;
    public long idtBase;
    /** Bytes minus one. */
    public int idtLimit;
    public long tssBase;
    /** Bytes minus one. */
    public int tssLimit = 0x67;
    public int tssSelector = 0x40;

    public long rip;
    public long rsp;
    public long rbp;
    public long rflags = RFLAGS;

    /** All zero but for the defaults above. */
    public UserModeState() {
    }
}
