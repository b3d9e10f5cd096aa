package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_sregs}: segment and control registers, for KVM_GET_SREGS and KVM_SET_SREGS.
 */
public final class kvm_sregs {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        kvm_segment.layout().withName("cs"),
        kvm_segment.layout().withName("ds"),
        kvm_segment.layout().withName("es"),
        kvm_segment.layout().withName("fs"),
        kvm_segment.layout().withName("gs"),
        kvm_segment.layout().withName("ss"),
        kvm_segment.layout().withName("tr"),
        kvm_segment.layout().withName("ldt"),
        kvm_dtable.layout().withName("gdt"),
        kvm_dtable.layout().withName("idt"),
        Kvm.C_LONG_LONG.withName("cr0"),
        Kvm.C_LONG_LONG.withName("cr2"),
        Kvm.C_LONG_LONG.withName("cr3"),
        Kvm.C_LONG_LONG.withName("cr4"),
        Kvm.C_LONG_LONG.withName("cr8"),
        Kvm.C_LONG_LONG.withName("efer"),
        Kvm.C_LONG_LONG.withName("apic_base"),
        MemoryLayout.sequenceLayout(4, Kvm.C_LONG_LONG).withName("interrupt_bitmap")).withName("kvm_sregs");

    private kvm_sregs() {
    }

    /** The layout of the struct. */
    public static GroupLayout layout() {
        return $LAYOUT;
    }

    /** A zeroed struct. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate($LAYOUT);
    }

    public static long cs$offset() {
        return 0;
    }

    public static MemorySegment cs(MemorySegment struct) {
        return struct.asSlice(0, kvm_segment.layout());
    }

    public static long ds$offset() {
        return 24;
    }

    public static MemorySegment ds(MemorySegment struct) {
        return struct.asSlice(24, kvm_segment.layout());
    }

    public static long es$offset() {
        return 48;
    }

    public static MemorySegment es(MemorySegment struct) {
        return struct.asSlice(48, kvm_segment.layout());
    }

    public static long fs$offset() {
        return 72;
    }

    public static MemorySegment fs(MemorySegment struct) {
        return struct.asSlice(72, kvm_segment.layout());
    }

    public static long gs$offset() {
        return 96;
    }

    public static MemorySegment gs(MemorySegment struct) {
        return struct.asSlice(96, kvm_segment.layout());
    }

    public static long ss$offset() {
        return 120;
    }

    public static MemorySegment ss(MemorySegment struct) {
        return struct.asSlice(120, kvm_segment.layout());
    }

    public static long tr$offset() {
        return 144;
    }

    public static MemorySegment tr(MemorySegment struct) {
        return struct.asSlice(144, kvm_segment.layout());
    }

    public static long ldt$offset() {
        return 168;
    }

    public static MemorySegment ldt(MemorySegment struct) {
        return struct.asSlice(168, kvm_segment.layout());
    }

    public static long gdt$offset() {
        return 192;
    }

    public static MemorySegment gdt(MemorySegment struct) {
        return struct.asSlice(192, kvm_dtable.layout());
    }

    public static long idt$offset() {
        return 208;
    }

    public static MemorySegment idt(MemorySegment struct) {
        return struct.asSlice(208, kvm_dtable.layout());
    }

    public static long cr0$offset() {
        return 224;
    }

    public static long cr0(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 224);
    }

    public static void cr0(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 224, value);
    }

    public static long cr2$offset() {
        return 232;
    }

    public static long cr2(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 232);
    }

    public static void cr2(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 232, value);
    }

    public static long cr3$offset() {
        return 240;
    }

    public static long cr3(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 240);
    }

    public static void cr3(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 240, value);
    }

    public static long cr4$offset() {
        return 248;
    }

    public static long cr4(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 248);
    }

    public static void cr4(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 248, value);
    }

    public static long cr8$offset() {
        return 256;
    }

    public static long cr8(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 256);
    }

    public static void cr8(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 256, value);
    }

    public static long efer$offset() {
        return 264;
    }

    public static long efer(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 264);
    }

    public static void efer(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 264, value);
    }

    public static long apic_base$offset() {
        return 272;
    }

    public static long apic_base(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 272);
    }

    public static void apic_base(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 272, value);
    }

    public static long interrupt_bitmap$offset() {
        return 280;
    }

    public static long interrupt_bitmap(MemorySegment struct, long index) {
        return struct.get(Kvm.C_LONG_LONG, 280 + 8L * index);
    }

    public static void interrupt_bitmap(MemorySegment struct, long index, long value) {
        struct.set(Kvm.C_LONG_LONG, 280 + 8L * index, value);
    }
}
