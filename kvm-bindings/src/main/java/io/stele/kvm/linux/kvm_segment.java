package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_segment}: one segment register with its hidden part.
 */
public final class kvm_segment {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        Kvm.C_LONG_LONG.withName("base"),
        Kvm.C_INT.withName("limit"),
        Kvm.C_SHORT.withName("selector"),
        Kvm.C_CHAR.withName("type"),
        Kvm.C_CHAR.withName("present"),
        Kvm.C_CHAR.withName("dpl"),
        Kvm.C_CHAR.withName("db"),
        Kvm.C_CHAR.withName("s"),
        Kvm.C_CHAR.withName("l"),
        Kvm.C_CHAR.withName("g"),
        Kvm.C_CHAR.withName("avl"),
        Kvm.C_CHAR.withName("unusable"),
        Kvm.C_CHAR.withName("padding")).withName("kvm_segment");

    private kvm_segment() {
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

    public static int limit(MemorySegment struct) {
        return struct.get(Kvm.C_INT, 8);
    }

    public static void limit(MemorySegment struct, int value) {
        struct.set(Kvm.C_INT, 8, value);
    }

    public static long selector$offset() {
        return 12;
    }

    public static short selector(MemorySegment struct) {
        return struct.get(Kvm.C_SHORT, 12);
    }

    public static void selector(MemorySegment struct, short value) {
        struct.set(Kvm.C_SHORT, 12, value);
    }

    public static long type$offset() {
        return 14;
    }

    public static byte type(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 14);
    }

    public static void type(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 14, value);
    }

    public static long present$offset() {
        return 15;
    }

    public static byte present(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 15);
    }

    public static void present(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 15, value);
    }

    public static long dpl$offset() {
        return 16;
    }

    public static byte dpl(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 16);
    }

    public static void dpl(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 16, value);
    }

    public static long db$offset() {
        return 17;
    }

    public static byte db(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 17);
    }

    public static void db(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 17, value);
    }

    public static long s$offset() {
        return 18;
    }

    public static byte s(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 18);
    }

    public static void s(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 18, value);
    }

    public static long l$offset() {
        return 19;
    }

    public static byte l(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 19);
    }

    public static void l(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 19, value);
    }

    public static long g$offset() {
        return 20;
    }

    public static byte g(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 20);
    }

    public static void g(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 20, value);
    }

    public static long avl$offset() {
        return 21;
    }

    public static byte avl(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 21);
    }

    public static void avl(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 21, value);
    }

    public static long unusable$offset() {
        return 22;
    }

    public static byte unusable(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 22);
    }

    public static void unusable(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 22, value);
    }

    public static long padding$offset() {
        return 23;
    }

    public static byte padding(MemorySegment struct) {
        return struct.get(Kvm.C_CHAR, 23);
    }

    public static void padding(MemorySegment struct, byte value) {
        struct.set(Kvm.C_CHAR, 23, value);
    }
}
