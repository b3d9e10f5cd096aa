package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_cpuid2}: the header of a table of {@link kvm_cpuid_entry2}, which follow it, for KVM_GET_SUPPORTED_CPUID
 * and KVM_SET_CPUID2.
 */
public final class kvm_cpuid2 {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        Kvm.C_INT.withName("nent"),
        Kvm.C_INT.withName("padding")).withName("kvm_cpuid2");

    private kvm_cpuid2() {
    }

    /** The layout of the struct. */
    public static GroupLayout layout() {
        return $LAYOUT;
    }

    /** A zeroed struct. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate($LAYOUT);
    }

    public static long nent$offset() {
        return 0;
    }

    public static int nent(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 0);
    }

    public static void nent(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 0, value);
    }

    public static long padding$offset() {
        return 4;
    }

    public static int padding(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 4);
    }

    public static void padding(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 4, value);
    }

    public static long entries$offset() {
        return 8;
    }

    /** A table with room for {@code entries} entries and {@code nent} set to that. */
    public static MemorySegment allocate(SegmentAllocator allocator, int entries) {
        MemorySegment table = allocator.allocate(entries$offset() + entries * kvm_cpuid_entry2.layout().byteSize(), $LAYOUT.byteAlignment());
        nent(table, entries);
        return table;
    }

    public static MemorySegment entries(MemorySegment struct, long index) {
        return struct.asSlice(entries$offset() + index * kvm_cpuid_entry2.layout().byteSize(), kvm_cpuid_entry2.layout());
    }
}
