package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_cpuid_entry2}: the answer to one CPUID leaf.
 */
public final class kvm_cpuid_entry2 {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        Kvm.C_INT.withName("function"),
        Kvm.C_INT.withName("index"),
        Kvm.C_INT.withName("flags"),
        Kvm.C_INT.withName("eax"),
        Kvm.C_INT.withName("ebx"),
        Kvm.C_INT.withName("ecx"),
        Kvm.C_INT.withName("edx"),
        MemoryLayout.sequenceLayout(3, Kvm.C_INT).withName("padding")).withName("kvm_cpuid_entry2");

    private kvm_cpuid_entry2() {
    }

    /** The layout of the struct. */
    public static GroupLayout layout() {
        return $LAYOUT;
    }

    /** A zeroed struct. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate($LAYOUT);
    }

    public static long function$offset() {
        return 0;
    }

    public static int function(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 0);
    }

    public static void function(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 0, value);
    }

    public static long index$offset() {
        return 4;
    }

    public static int index(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 4);
    }

    public static void index(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 4, value);
    }

    public static long flags$offset() {
        return 8;
    }

    public static int flags(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 8);
    }

    public static void flags(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 8, value);
    }

    public static long eax$offset() {
        return 12;
    }

    public static int eax(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 12);
    }

    public static void eax(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 12, value);
    }

    public static long ebx$offset() {
        return 16;
    }

    public static int ebx(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 16);
    }

    public static void ebx(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 16, value);
    }

    public static long ecx$offset() {
        return 20;
    }

    public static int ecx(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 20);
    }

    public static void ecx(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 20, value);
    }

    public static long edx$offset() {
        return 24;
    }

    public static int edx(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 24);
    }

    public static void edx(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 24, value);
    }

    public static long padding$offset() {
        return 28;
    }

    public static int padding(MemorySegment struct, long index) {
        return struct.get(Kvm.C_INT, 28 + 4L * index);
    }

    public static void padding(MemorySegment struct, long index, int value) {
        struct.set(Kvm.C_INT, 28 + 4L * index, value);
    }
}
