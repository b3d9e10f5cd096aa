package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_userspace_memory_region}: one slot of VM memory, for KVM_SET_USER_MEMORY_REGION.
 */
public final class kvm_userspace_memory_region {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        Kvm.C_INT.withName("slot"),
        Kvm.C_INT.withName("flags"),
        Kvm.C_LONG_LONG.withName("guest_phys_addr"),
        Kvm.C_LONG_LONG.withName("memory_size"),
        Kvm.C_LONG_LONG.withName("userspace_addr")).withName("kvm_userspace_memory_region");

    private kvm_userspace_memory_region() {
    }

    /** The layout of the struct. */
    public static GroupLayout layout() {
        return $LAYOUT;
    }

    /** A zeroed struct. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate($LAYOUT);
    }

    public static long slot$offset() {
        return 0;
    }

    public static int slot(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 0);
    }

    public static void slot(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 0, value);
    }

    public static long flags$offset() {
        return 4;
    }

    public static int flags(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 4);
    }

    public static void flags(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 4, value);
    }

    public static long guest_phys_addr$offset() {
        return 8;
    }

    public static long guest_phys_addr(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 8);
    }

    public static void guest_phys_addr(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 8, value);
    }

    public static long memory_size$offset() {
        return 16;
    }

    public static long memory_size(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 16);
    }

    public static void memory_size(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 16, value);
    }

    public static long userspace_addr$offset() {
        return 24;
    }

    public static long userspace_addr(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 24);
    }

    public static void userspace_addr(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 24, value);
    }
}
