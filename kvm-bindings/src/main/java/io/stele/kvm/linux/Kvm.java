package io.stele.kvm.linux;

import java.lang.foreign.ValueLayout;

/**
 * The constants of {@code <linux/kvm.h>} (x86-64) that are used, under their C names, and the layouts of its scalar types.
 * Request numbers are {@code int}: the kernel looks at 32 bits.
 */
public final class Kvm {
    /** {@code __u8}. */
    public static final ValueLayout.OfByte C_CHAR = ValueLayout.JAVA_BYTE;
    /** {@code __u16}. */
    public static final ValueLayout.OfShort C_SHORT = ValueLayout.JAVA_SHORT;
    /** {@code __u32}. */
    public static final ValueLayout.OfInt C_INT = ValueLayout.JAVA_INT;
    /** {@code __u64}. */
    public static final ValueLayout.OfLong C_LONG_LONG = ValueLayout.JAVA_LONG;

    /** The only version of the API that is stable; {@link #KVM_GET_API_VERSION} must return it. */
    public static final int KVM_API_VERSION = 12;

    // Requests of the system: a descriptor of /dev/kvm.
    public static final int KVM_GET_API_VERSION = 0xae00;
    public static final int KVM_CREATE_VM = 0xae01;
    public static final int KVM_CHECK_EXTENSION = 0xae03;
    public static final int KVM_GET_VCPU_MMAP_SIZE = 0xae04;
    public static final int KVM_GET_SUPPORTED_CPUID = 0xc008ae05;

    // Requests of a VM.
    public static final int KVM_CREATE_VCPU = 0xae41;
    public static final int KVM_SET_NR_MMU_PAGES = 0xae44;
    public static final int KVM_SET_USER_MEMORY_REGION = 0x4020ae46;
    public static final int KVM_SET_TSS_ADDR = 0xae47;
    public static final int KVM_IOEVENTFD = 0x4040ae79;

    // Requests of a vCPU.
    public static final int KVM_RUN = 0xae80;
    public static final int KVM_GET_REGS = 0x8090ae81;
    public static final int KVM_GET_TSC_KHZ = 0xaea3;
    public static final int KVM_SET_REGS = 0x4090ae82;
    public static final int KVM_GET_SREGS = 0x8138ae83;
    public static final int KVM_SET_SREGS = 0x4138ae84;
    public static final int KVM_SET_CPUID2 = 0x4008ae90;
    public static final int KVM_SET_XCRS = 0x4188aea7;

    // Capabilities, for KVM_CHECK_EXTENSION.
    public static final int KVM_CAP_IOEVENTFD = 36;
    public static final int KVM_CAP_XCRS = 56;
    public static final int KVM_CAP_IMMEDIATE_EXIT = 136;

    // kvm_ioeventfd.flags.
    public static final int KVM_IOEVENTFD_FLAG_PIO = 1 << 1;

    // kvm_run.exit_reason.
    public static final int KVM_EXIT_UNKNOWN = 0;
    public static final int KVM_EXIT_EXCEPTION = 1;
    public static final int KVM_EXIT_IO = 2;
    public static final int KVM_EXIT_HYPERCALL = 3;
    public static final int KVM_EXIT_DEBUG = 4;
    public static final int KVM_EXIT_HLT = 5;
    public static final int KVM_EXIT_MMIO = 6;
    public static final int KVM_EXIT_IRQ_WINDOW_OPEN = 7;
    public static final int KVM_EXIT_SHUTDOWN = 8;
    public static final int KVM_EXIT_FAIL_ENTRY = 9;
    public static final int KVM_EXIT_INTR = 10;
    public static final int KVM_EXIT_INTERNAL_ERROR = 17;
    public static final int KVM_EXIT_SYSTEM_EVENT = 24;

    // kvm_run.io.direction.
    public static final int KVM_EXIT_IO_IN = 0;
    public static final int KVM_EXIT_IO_OUT = 1;

    private Kvm() {
    }

    /** The C name of an exit reason. */
    public static String exitReasonName(int reason) {
        return switch (reason) {
            case KVM_EXIT_UNKNOWN -> "KVM_EXIT_UNKNOWN";
            case KVM_EXIT_EXCEPTION -> "KVM_EXIT_EXCEPTION";
            case KVM_EXIT_IO -> "KVM_EXIT_IO";
            case KVM_EXIT_HYPERCALL -> "KVM_EXIT_HYPERCALL";
            case KVM_EXIT_DEBUG -> "KVM_EXIT_DEBUG";
            case KVM_EXIT_HLT -> "KVM_EXIT_HLT";
            case KVM_EXIT_MMIO -> "KVM_EXIT_MMIO";
            case KVM_EXIT_IRQ_WINDOW_OPEN -> "KVM_EXIT_IRQ_WINDOW_OPEN";
            case KVM_EXIT_SHUTDOWN -> "KVM_EXIT_SHUTDOWN";
            case KVM_EXIT_FAIL_ENTRY -> "KVM_EXIT_FAIL_ENTRY";
            case KVM_EXIT_INTR -> "KVM_EXIT_INTR";
            case KVM_EXIT_INTERNAL_ERROR -> "KVM_EXIT_INTERNAL_ERROR";
            case KVM_EXIT_SYSTEM_EVENT -> "KVM_EXIT_SYSTEM_EVENT";
            default -> "exit reason " + reason;
        };
    }
}
