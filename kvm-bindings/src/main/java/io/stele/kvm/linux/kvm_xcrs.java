package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_xcrs}: the extended control registers, for KVM_SET_XCRS.
 */
public final class kvm_xcrs {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        Kvm.C_INT.withName("nr_xcrs"),
        Kvm.C_INT.withName("flags"),
        MemoryLayout.sequenceLayout(16, kvm_xcr.layout()).withName("xcrs"),
        MemoryLayout.sequenceLayout(16, Kvm.C_LONG_LONG).withName("padding")).withName("kvm_xcrs");

    private kvm_xcrs() {
    }

    /** The layout of the struct. */
    public static GroupLayout layout() {
        return $LAYOUT;
    }

    /** A zeroed struct. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate($LAYOUT);
    }

    public static long nr_xcrs$offset() {
        return 0;
    }

    public static int nr_xcrs(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 0);
    }

    public static void nr_xcrs(MemorySegment struct, int value) {
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

    public static long xcrs$offset() {
        return 8;
    }

    public static MemorySegment xcrs(MemorySegment struct, long index) {
        return struct.asSlice(8 + 16 * index, kvm_xcr.layout());
    }

    public static long padding$offset() {
        return 264;
    }

    public static long padding(MemorySegment struct, long index) {
        return struct.get(Kvm.C_LONG_LONG, 264 + 8L * index);
    }

    public static void padding(MemorySegment struct, long index, long value) {
        struct.set(Kvm.C_LONG_LONG, 264 + 8L * index, value);
    }
}
