package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_xcr}: one extended control register.
 */
public final class kvm_xcr {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        Kvm.C_INT.withName("xcr"),
        Kvm.C_INT.withName("reserved"),
        Kvm.C_LONG_LONG.withName("value")).withName("kvm_xcr");

    private kvm_xcr() {
    }

    /** The layout of the struct. */
    public static GroupLayout layout() {
        return $LAYOUT;
    }

    /** A zeroed struct. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate($LAYOUT);
    }

    public static long xcr$offset() {
        return 0;
    }

    public static int xcr(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 0);
    }

    public static void xcr(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 0, value);
    }

    public static long reserved$offset() {
        return 4;
    }

    public static int reserved(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 4);
    }

    public static void reserved(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 4, value);
    }

    public static long value$offset() {
        return 8;
    }

    public static long value(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 8);
    }

    public static void value(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 8, value);
    }
}
