package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_dtable}: GDTR or IDTR.
 */
public final class kvm_dtable {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        Kvm.C_LONG_LONG.withName("base"),
        Kvm.C_SHORT.withName("limit"),
        MemoryLayout.sequenceLayout(3, Kvm.C_SHORT).withName("padding")).withName("kvm_dtable");

    private kvm_dtable() {
    }

    /** The layout of the struct. */
    public static GroupLayout layout() {
        return $LAYOUT;
    }

    /** A zeroed struct. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate($LAYOUT);
    }

    public static long base$offset() {
        return 0;
    }

    public static long base(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 0);
    }

    public static void base(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 0, value);
    }

    public static long limit$offset() {
        return 8;
    }

    public static short limit(MemorySegment struct) {
        return struct.get(Kvm.C_SHORT, 8);
    }

    public static void limit(MemorySegment struct, short value) {
        struct.set(Kvm.C_SHORT, 8, value);
    }

    public static long padding$offset() {
        return 10;
    }

    public static short padding(MemorySegment struct, long index) {
        return struct.get(Kvm.C_SHORT, 10 + 2L * index);
    }

    public static void padding(MemorySegment struct, long index, short value) {
        struct.set(Kvm.C_SHORT, 10 + 2L * index, value);
    }
}
