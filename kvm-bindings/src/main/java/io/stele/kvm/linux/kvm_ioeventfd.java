package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_ioeventfd}: a port or address whose write signals an eventfd, for KVM_IOEVENTFD.
 */
public final class kvm_ioeventfd {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        Kvm.C_LONG_LONG.withName("datamatch"),
        Kvm.C_LONG_LONG.withName("addr"),
        Kvm.C_INT.withName("len"),
        Kvm.C_INT.withName("fd"),
        Kvm.C_INT.withName("flags"),
        MemoryLayout.sequenceLayout(36, Kvm.C_CHAR).withName("pad")).withName("kvm_ioeventfd");

    private kvm_ioeventfd() {
    }

    /** The layout of the struct. */
    public static GroupLayout layout() {
        return $LAYOUT;
    }

    /** A zeroed struct. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate($LAYOUT);
    }

    public static long datamatch$offset() {
        return 0;
    }

    public static long datamatch(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 0);
    }

    public static void datamatch(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 0, value);
    }

    public static long addr$offset() {
        return 8;
    }

    public static long addr(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 8);
    }

    public static void addr(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 8, value);
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

    public static long fd$offset() {
        return 20;
    }

    public static int fd(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 20);
    }

    public static void fd(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 20, value);
    }

    public static long flags$offset() {
        return 24;
    }

    public static int flags(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 24);
    }

    public static void flags(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 24, value);
    }

    public static long pad$offset() {
        return 28;
    }

    public static byte pad(MemorySegment struct, long index) {
        return struct.get(Kvm.C_CHAR, 28 + 1L * index);
    }

    public static void pad(MemorySegment struct, long index, byte value) {
        struct.set(Kvm.C_CHAR, 28 + 1L * index, value);
    }
}
