package io.stele.kvm.linux;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code struct kvm_regs}: the general registers, for KVM_GET_REGS and KVM_SET_REGS.
 */
public final class kvm_regs {
    private static final GroupLayout $LAYOUT = MemoryLayout.structLayout(
        Kvm.C_LONG_LONG.withName("rax"),
        Kvm.C_LONG_LONG.withName("rbx"),
        Kvm.C_LONG_LONG.withName("rcx"),
        Kvm.C_LONG_LONG.withName("rdx"),
        Kvm.C_LONG_LONG.withName("rsi"),
        Kvm.C_LONG_LONG.withName("rdi"),
        Kvm.C_LONG_LONG.withName("rsp"),
        Kvm.C_LONG_LONG.withName("rbp"),
        Kvm.C_LONG_LONG.withName("r8"),
        Kvm.C_LONG_LONG.withName("r9"),
        Kvm.C_LONG_LONG.withName("r10"),
        Kvm.C_LONG_LONG.withName("r11"),
        Kvm.C_LONG_LONG.withName("r12"),
        Kvm.C_LONG_LONG.withName("r13"),
        Kvm.C_LONG_LONG.withName("r14"),
        Kvm.C_LONG_LONG.withName("r15"),
        Kvm.C_LONG_LONG.withName("rip"),
        Kvm.C_LONG_LONG.withName("rflags")).withName("kvm_regs");

    private kvm_regs() {
    }

    /** The layout of the struct. */
    public static GroupLayout layout() {
        return $LAYOUT;
    }

    /** A zeroed struct. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate($LAYOUT);
    }

    public static long rax$offset() {
        return 0;
    }

    public static long rax(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 0);
    }

    public static void rax(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 0, value);
    }

    public static long rbx$offset() {
        return 8;
    }

    public static long rbx(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 8);
    }

    public static void rbx(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 8, value);
    }

    public static long rcx$offset() {
        return 16;
    }

    public static long rcx(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 16);
    }

    public static void rcx(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 16, value);
    }

    public static long rdx$offset() {
        return 24;
    }

    public static long rdx(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 24);
    }

    public static void rdx(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 24, value);
    }

    public static long rsi$offset() {
        return 32;
    }

    public static long rsi(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 32);
    }

    public static void rsi(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 32, value);
    }

    public static long rdi$offset() {
        return 40;
    }

    public static long rdi(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 40);
    }

    public static void rdi(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 40, value);
    }

    public static long rsp$offset() {
        return 48;
    }

    public static long rsp(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 48);
    }

    public static void rsp(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 48, value);
    }

    public static long rbp$offset() {
        return 56;
    }

    public static long rbp(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 56);
    }

    public static void rbp(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 56, value);
    }

    public static long r8$offset() {
        return 64;
    }

    public static long r8(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 64);
    }

    public static void r8(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 64, value);
    }

    public static long r9$offset() {
        return 72;
    }

    public static long r9(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 72);
    }

    public static void r9(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 72, value);
    }

    public static long r10$offset() {
        return 80;
    }

    public static long r10(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 80);
    }

    public static void r10(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 80, value);
    }

    public static long r11$offset() {
        return 88;
    }

    public static long r11(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 88);
    }

    public static void r11(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 88, value);
    }

    public static long r12$offset() {
        return 96;
    }

    public static long r12(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 96);
    }

    public static void r12(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 96, value);
    }

    public static long r13$offset() {
        return 104;
    }

    public static long r13(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 104);
    }

    public static void r13(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 104, value);
    }

    public static long r14$offset() {
        return 112;
    }

    public static long r14(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 112);
    }

    public static void r14(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 112, value);
    }

    public static long r15$offset() {
        return 120;
    }

    public static long r15(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 120);
    }

    public static void r15(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 120, value);
    }

    public static long rip$offset() {
        return 128;
    }

    public static long rip(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 128);
    }

    public static void rip(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 128, value);
    }

    public static long rflags$offset() {
        return 136;
    }

    public static long rflags(MemorySegment struct) {
        return struct.get(Kvm.C_LONG_LONG, 136);
    }

    public static void rflags(MemorySegment struct, long value) {
        struct.set(Kvm.C_LONG_LONG, 136, value);
    }
}
