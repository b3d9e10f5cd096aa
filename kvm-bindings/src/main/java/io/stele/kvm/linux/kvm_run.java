package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_run}: what a vCPU shares with user space; it is mapped from the vCPU's file descriptor.
 */
public final class kvm_run {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        Kvm.C_CHAR.withName("request_interrupt_window"),
        Kvm.C_CHAR.withName("immediate_exit"),
        MemoryLayout.paddingLayout(6),
        Kvm.C_INT.withName("exit_reason"),
        Kvm.C_CHAR.withName("ready_for_interrupt_injection"),
        Kvm.C_CHAR.withName("if_flag"),
        Kvm.C_SHORT.withName("flags"),
        Kvm.C_LONG_LONG.withName("cr8"),
        Kvm.C_LONG_LONG.withName("apic_base"),
        MemoryLayout.unionLayout(
            io.layout().withName("io"),
            mmio.layout().withName("mmio"),
            fail_entry.layout().withName("fail_entry"),
            internal.layout().withName("internal"),
            MemoryLayout.paddingLayout(256)).withName("exit"),
        Kvm.C_LONG_LONG.withName("kvm_valid_regs"),
        Kvm.C_LONG_LONG.withName("kvm_dirty_regs"),
        MemoryLayout.paddingLayout(2048)).withName("kvm_run");

    private kvm_run() {
    }

    /** The layout of the struct. */
    public static GroupLayout layout() {
        return $LAYOUT;
    }

    /** A zeroed struct. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate($LAYOUT);
    }

    public static long request_interrupt_window$offset() {
        return 0;
    }

    public static byte request_interrupt_window(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 0);
    }

    public static void request_interrupt_window(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 0, value);
    }

    public static long immediate_exit$offset() {
        return 1;
    }

    public static byte immediate_exit(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 1);
    }

    public static void immediate_exit(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 1, value);
    }

    public static long exit_reason$offset() {
        return 8;
    }

    public static int exit_reason(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 8);
    }

    public static void exit_reason(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 8, value);
    }

    public static long ready_for_interrupt_injection$offset() {
        return 12;
    }

    public static byte ready_for_interrupt_injection(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 12);
    }

    public static void ready_for_interrupt_injection(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 12, value);
    }

    public static long if_flag$offset() {
        return 13;
    }

    public static byte if_flag(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 13);
    }

    public static void if_flag(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 13, value);
    }

    public static long flags$offset() {
        return 14;
    }

    public static short flags(MemorySegment struct) {
        return struct.get(Kvm.C_SHORT, 14);
    }

    public static void flags(MemorySegment struct, short value) {
        struct.set(Kvm.C_SHORT, 14, value);
    }

    public static long cr8$offset() {
        return 16;
    }

    public static long cr8(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 16);
    }

    public static void cr8(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 16, value);
    }

    public static long apic_base$offset() {
        return 24;
    }

    public static long apic_base(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 24);
    }

    public static void apic_base(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 24, value);
    }

    public static long io$offset() {
        return 32;
    }

    /** The union read as {@link io}. */
    public static MemorySegment io(MemorySegment struct) {
        return struct.asSlice(32, io.layout());
    }

    public static long mmio$offset() {
        return 32;
    }

    /** The union read as {@link mmio}. */
    public static MemorySegment mmio(MemorySegment struct) {
        return struct.asSlice(32, mmio.layout());
    }

    public static long fail_entry$offset() {
        return 32;
    }

    /** The union read as {@link fail_entry}. */
    public static MemorySegment fail_entry(MemorySegment struct) {
        return struct.asSlice(32, fail_entry.layout());
    }

    public static long internal$offset() {
        return 32;
    }

    /** The union read as {@link internal}. */
    public static MemorySegment internal(MemorySegment struct) {
        return struct.asSlice(32, internal.layout());
    }

    public static long kvm_valid_regs$offset() {
        return 288;
    }

    public static long kvm_valid_regs(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 288);
    }

    public static void kvm_valid_regs(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 288, value);
    }

    public static long kvm_dirty_regs$offset() {
        return 296;
    }

    public static long kvm_dirty_regs(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 296);
    }

    public static void kvm_dirty_regs(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 296, value);
    }

    /**
     * The exit data of KVM_EXIT_IO.
     */
    public static final class io {
        private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
            Kvm.C_CHAR.withName("direction"),
            Kvm.C_CHAR.withName("size"),
            Kvm.C_SHORT.withName("port"),
            Kvm.C_INT.withName("count"),
            Kvm.C_LONG_LONG.withName("data_offset")).withName("io");

        private io() {
        }

        /** The layout of the struct. */
        public static GroupLayout layout() {
            return $LAYOUT;
        }

        /** A zeroed struct. */
        public static MemorySegment allocate(SegmentAllocator allocator) {
            return allocator.allocate($LAYOUT);
        }

        public static long direction$offset() {
            return 0;
        }

        public static byte direction(MemorySegment struct) {
            return struct.get(Kvm.C_CHAR, 0);
        }

        public static void direction(MemorySegment struct, byte value) {
            struct.set(Kvm.C_CHAR, 0, value);
        }

        public static long size$offset() {
            return 1;
        }

        public static byte size(MemorySegment struct) {
            return struct.get(Kvm.C_CHAR, 1);
        }

        public static void size(MemorySegment struct, byte value) {
            struct.set(Kvm.C_CHAR, 1, value);
        }

        public static long port$offset() {
            return 2;
        }

        public static short port(MemorySegment struct) {
            return struct.get(Kvm.C_SHORT, 2);
        }

        public static void port(MemorySegment struct, short value) {
            struct.set(Kvm.C_SHORT, 2, value);
        }

        public static long count$offset() {
            return 4;
        }

        public static int count(MemorySegment struct) {
            return struct.get(Kvm.C_INT, 4);
        }

        public static void count(MemorySegment struct, int value) {
            struct.set(Kvm.C_INT, 4, value);
        }

        public static long data_offset$offset() {
            return 8;
        }

        public static long data_offset(MemorySegment struct) {
            return struct.get(Kvm.C_LONG_LONG, 8);
        }

        public static void data_offset(MemorySegment struct, long value) {
            struct.set(Kvm.C_LONG_LONG, 8, value);
        }
    }

    /**
     * The exit data of KVM_EXIT_MMIO.
     */
    public static final class mmio {
        private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
            Kvm.C_LONG_LONG.withName("phys_addr"),
            MemoryLayout.sequenceLayout(8, Kvm.C_CHAR).withName("data"),
            Kvm.C_INT.withName("len"),
            Kvm.C_CHAR.withName("is_write"),
            MemoryLayout.paddingLayout(3)).withName("mmio");

        private mmio() {
        }

        /** The layout of the struct. */
        public static GroupLayout layout() {
            return $LAYOUT;
        }

        /** A zeroed struct. */
        public static MemorySegment allocate(SegmentAllocator allocator) {
            return allocator.allocate($LAYOUT);
        }

        public static long phys_addr$offset() {
            return 0;
        }

        public static long phys_addr(MemorySegment struct) {
            return struct.get(Kvm.C_LONG_LONG, 0);
        }

        public static void phys_addr(MemorySegment struct, long value) {
            struct.set(Kvm.C_LONG_LONG, 0, value);
        }

        public static long data$offset() {
            return 8;
        }

        public static byte data(MemorySegment struct, long index) {
            return struct.get(Kvm.C_CHAR, 8 + 1L * index);
        }

        public static void data(MemorySegment struct, long index, byte value) {
            struct.set(Kvm.C_CHAR, 8 + 1L * index, value);
        }

        public static long len$offset() {
            return 16;
        }

        public static int len(MemorySegment struct) {
            return struct.get(Kvm.C_INT, 16);
        }

        public static void len(MemorySegment struct, int value) {
            struct.set(Kvm.C_INT, 16, value);
        }

        public static long is_write$offset() {
            return 20;
        }

        public static byte is_write(MemorySegment struct) {
            return struct.get(Kvm.C_CHAR, 20);
        }

        public static void is_write(MemorySegment struct, byte value) {
            struct.set(Kvm.C_CHAR, 20, value);
        }
    }

    /**
     * The exit data of KVM_EXIT_FAIL_ENTRY.
     */
    public static final class fail_entry {
        private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
            Kvm.C_LONG_LONG.withName("hardware_entry_failure_reason"),
            Kvm.C_INT.withName("cpu"),
            MemoryLayout.paddingLayout(4)).withName("fail_entry");

        private fail_entry() {
        }

        /** The layout of the struct. */
        public static GroupLayout layout() {
            return $LAYOUT;
        }

        /** A zeroed struct. */
        public static MemorySegment allocate(SegmentAllocator allocator) {
            return allocator.allocate($LAYOUT);
        }

        public static long hardware_entry_failure_reason$offset() {
            return 0;
        }

        public static long hardware_entry_failure_reason(MemorySegment struct) {
            return struct.get(Kvm.C_LONG_LONG, 0);
        }

        public static void hardware_entry_failure_reason(MemorySegment struct, long value) {
            struct.set(Kvm.C_LONG_LONG, 0, value);
        }

        public static long cpu$offset() {
            return 8;
        }

        public static int cpu(MemorySegment struct) {
            return struct.get(Kvm.C_INT, 8);
        }

        public static void cpu(MemorySegment struct, int value) {
            struct.set(Kvm.C_INT, 8, value);
        }
    }

    /**
     * The exit data of KVM_EXIT_INTERNAL_ERROR.
     */
    public static final class internal {
        private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
            Kvm.C_INT.withName("suberror"),
            Kvm.C_INT.withName("ndata"),
            MemoryLayout.sequenceLayout(16, Kvm.C_LONG_LONG).withName("data")).withName("internal");

        private internal() {
        }

        /** The layout of the struct. */
        public static GroupLayout layout() {
            return $LAYOUT;
        }

        /** A zeroed struct. */
        public static MemorySegment allocate(SegmentAllocator allocator) {
            return allocator.allocate($LAYOUT);
        }

        public static long suberror$offset() {
            return 0;
        }

        public static int suberror(MemorySegment struct) {
            return struct.get(Kvm.C_INT, 0);
        }

        public static void suberror(MemorySegment struct, int value) {
            struct.set(Kvm.C_INT, 0, value);
        }

        public static long ndata$offset() {
            return 4;
        }

        public static int ndata(MemorySegment struct) {
            return struct.get(Kvm.C_INT, 4);
        }

        public static void ndata(MemorySegment struct, int value) {
            struct.set(Kvm.C_INT, 4, value);
        }

        public static long data$offset() {
            return 8;
        }

        public static long data(MemorySegment struct, long index) {
            return struct.get(Kvm.C_LONG_LONG, 8 + 8L * index);
        }

        public static void data(MemorySegment struct, long index, long value) {
            struct.set(Kvm.C_LONG_LONG, 8 + 8L * index, value);
        }
    }
}
