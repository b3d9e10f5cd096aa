package io.stele.codegen;

/**
 * A plain guest load or store in generated code, packed into an int: {@code mov reg, [base + k + displacement]} or the other way round,
 * where the base may be shifted; then k is the sum of an address and its K. The runtime replaces accesses that keep faulting by a jump to a
 * thunk.
 */
public final class AccessSite {
    /** Bytes that every such access takes at least: those of a jump. */
    public static final int MIN_BYTES = 5;

    private static final int KIND_LOAD = 1;
    private static final int KIND_STORE = 2;
    private static final int KIND_STORE_IMMEDIATE = 3;
    private static final int SIZE = 2;
    private static final int SIGNED = 1 << 8;
    private static final int WIDE = 1 << 9;
    private static final int VECTOR = 1 << 10;
    private static final int REGISTER = 12;
    private static final int BASE = 16;
    private static final int K = 20;
    private static final int OWN_K = 24;
    private static final int SHIFT = 28;
    private static final int INDEXED = 1 << 30;
    private static final int LOST_K = 1 << 31;

    private AccessSite() {}

    static int load(int size, boolean signed, int w, int register, int base, int k) {
        return KIND_LOAD | size << SIZE | (signed ? SIGNED : 0) | (w == 64 ? WIDE : 0) | register << REGISTER | base << BASE | k << K;
    }

    static int store(int size, int register, int base, int k) {
        return KIND_STORE | size << SIZE | register << REGISTER | base << BASE | k << K;
    }

    static int storeImmediate(int size, int base, int k) {
        return KIND_STORE_IMMEDIATE | size << SIZE | base << BASE | k << K;
    }

    static int loadVector(int size, int register, int base, int k) {
        return load(size, false, 32, register, base, k) | VECTOR;
    }

    static int storeVector(int size, int register, int base, int k) {
        return store(size, register, base, k) | VECTOR;
    }

    /** The same access with a shifted base. @param ownK register of the K that is part of the sum, -1: it may be in none */
    static int indexed(int access, int shift, int ownK) {
        return access | INDEXED | shift << SHIFT | (ownK < 0 ? LOST_K : ownK << OWN_K);
    }

    public static boolean isImmediate(int access) {
        return (access & 3) == KIND_STORE_IMMEDIATE;
    }

    /** The register is an xmm register. */
    public static boolean isVector(int access) {
        return (access & VECTOR) != 0;
    }

    public static boolean isLoad(int access) {
        return (access & 3) == KIND_LOAD;
    }

    /** Bytes: 1, 2, 4, 8, 16. */
    public static int size(int access) {
        return access >> SIZE & 31;
    }

    /** A sign-extending load. */
    public static boolean isSigned(int access) {
        return (access & SIGNED) != 0;
    }

    /** Width of a load's result in bits. */
    public static int width(int access) {
        return (access & WIDE) != 0 ? 64 : 32;
    }

    /** Host register loaded or stored. */
    public static int register(int access) {
        return access >> REGISTER & 15;
    }

    public static int base(int access) {
        return access >> BASE & 15;
    }

    public static int k(int access) {
        return access >> K & 15;
    }

    /** How far the base is shifted. */
    public static int shift(int access) {
        return access >> SHIFT & 3;
    }

    /** Register of K alone, or -1. */
    public static int ownK(int access) {
        return (access & INDEXED) == 0 ? k(access) : (access & LOST_K) != 0 ? -1 : access >> OWN_K & 15;
    }
}
