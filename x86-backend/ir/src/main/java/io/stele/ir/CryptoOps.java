package io.stele.ir;

/**
 * AES, carry-less products and hash rounds: made of what the host has (AES-NI, PCLMULQDQ, SHA extensions). Where it has no SHA extensions,
 * rounds are made of integer operations; where it lacks the others, the instruction is interpreted.
 */
public abstract sealed class CryptoOps extends EstimateOps permits ExtensionOps {
    private boolean hostAes = true;
    private boolean hostCarryless = true;
    private boolean hostSha = true;

    CryptoOps() {}

    /**
     * Tells what the host has. Default: all of it.
     *
     * @param aes AES-NI
     * @param carryless PCLMULQDQ
     * @param sha SHA extensions
     */
    public final void hostCryptography(boolean aes, boolean carryless, boolean sha) {
        hostAes = aes;
        hostCarryless = carryless;
        hostSha = sha;
    }

    // AES. The host's rounds end with the addition of a key, the guest's begin with it.

    private int aes(int code, int va, int key) {
        if (!hostAes) {
            interpret();
        }
        return pure(code, 8, 0, va, key, 0, 0);
    }

    /** The sum of a state and a key; the sum with a round that has added nothing yet is that round with the key. */
    private int addKey(int round, int va, int vb) {
        int zero = vzero();
        if (op[va] == round && b[va] == zero) {
            return aes(round, a[va], vb);
        }
        if (op[vb] == round && b[vb] == zero) {
            return aes(round, a[vb], va);
        }
        return vxor(va, vb);
    }

    /** SubBytes(ShiftRows(a ^ b)). */
    public final int vaese(int va, int vb) {
        return aes(Opcode.VAES_ENCRYPT_LAST, addKey(Opcode.VAES_ENCRYPT, va, vb), vzero());
    }

    /** InvSubBytes(InvShiftRows(a ^ b)). */
    public final int vaesd(int va, int vb) {
        return aes(Opcode.VAES_DECRYPT_LAST, addKey(Opcode.VAES_DECRYPT, va, vb), vzero());
    }

    /** MixColumns. */
    public final int vaesmc(int va) {
        int zero = vzero();
        if (op[va] == Opcode.VAES_ENCRYPT_LAST && b[va] == zero) {
            return aes(Opcode.VAES_ENCRYPT, a[va], zero);
        }
        return aes(Opcode.VAES_ENCRYPT, aes(Opcode.VAES_DECRYPT_LAST, va, zero), zero);
    }

    /** InvMixColumns. */
    public final int vaesimc(int va) {
        int zero = vzero();
        if (op[va] == Opcode.VAES_DECRYPT_LAST && b[va] == zero) {
            return aes(Opcode.VAES_DECRYPT, a[va], zero);
        }
        return aes(Opcode.VAES_INVERSE_MIX, va, 0);
    }

    /** The 128-bit carry-less product of the low (half = 0) or the high (half = 1) halves. */
    public final int vclmul(int va, int vb, int half) {
        if (!hostCarryless) {
            interpret();
        }
        return pure(Opcode.VCLMUL, 64, half * 0x11, va, vb, 0, 0);
    }

    // SM4. Its S-box and that of AES are inverses in two forms of the same field, between affine maps: two other maps lead from one to the other.

    /** Where the row shift of AES takes its bytes from, the other way round. */
    private static final long UNSHIFT_0 = 0x0b0e_0104_070a_0d00L;
    private static final long UNSHIFT_1 = 0x0306_090c_0f02_0508L;
    /** Into AES's S-box: what the low nibble and the high nibble of a byte contribute. */
    private static final long INTO_LOW_0 = 0x078b_37bb_820e_b23eL;
    private static final long INTO_LOW_1 = 0x9814_a824_1d91_2da1L;
    private static final long INTO_HIGH_0 = 0x37eb_19c5_f22e_dc00L;
    private static final long INTO_HIGH_1 = 0x3fe3_11cd_fa26_d408L;
    /** Out of it. */
    private static final long OUT_LOW_0 = 0x2098_ea52_1ea6_d46cL;
    private static final long OUT_LOW_1 = 0x47ff_8d35_79c1_b30bL;
    private static final long OUT_HIGH_0 = 0x2dcd_7d9d_b050_e000L;
    private static final long OUT_HIGH_1 = 0xed0d_bd5d_7090_20c0L;

    /** The S-box of SM4 on bytes. */
    public final int vsm4sub(int va) {
        int into = mapBytes(va, vconst(INTO_LOW_0, INTO_LOW_1), vconst(INTO_HIGH_0, INTO_HIGH_1));
        int substituted = aes(Opcode.VAES_ENCRYPT_LAST, lookup(vconst(UNSHIFT_0, UNSHIFT_1), into), vzero());
        return mapBytes(substituted, vconst(OUT_LOW_0, OUT_LOW_1), vconst(OUT_HIGH_0, OUT_HIGH_1));
    }

    private int mapBytes(int v, int lowNibbles, int highNibbles) {
        int mask = vconst(0x0f0f_0f0f_0f0f_0f0fL, 0x0f0f_0f0f_0f0f_0f0fL);
        return vxor(lookup(vand(v, mask), lowNibbles), lookup(vand(vushr(16, v, 4), mask), highNibbles));
    }

    /** Bytes of the table that the indices 0 to 15 select. */
    private int lookup(int indices, int table) {
        return vlookup(table, indices);
    }

    // CRC-32.

    /** x^96 / P and P for P = 0x104c11db7, lowest powers first in the highest bits. */
    private static final long CRC32_QUOTIENT = 0xb4e5_b025_f701_1641L;
    private static final long CRC32_POLYNOMIAL = 0x1_db71_0641L;

    /** The remainder after another {@code size} bytes: CRC-32C by the host's instruction, CRC-32 by Barrett's reduction. */
    public final int crc32(boolean castagnoli, int size, int acc, int v) {
        if (castagnoli) {
            return pure(Opcode.CRC32C, 32, size, low(32, acc), v, 0, 0);
        }
        int sum = xor(64, zext(32, 64, low(32, acc)), v);
        int aligned = size == 8 ? sum : shl(64, sum, constant(64, 64 - 8 * size));
        int quotient = vclmul(vscalar(64, aligned), vconst(CRC32_QUOTIENT, 0), 0);
        int product = vclmul(quotient, vconst(CRC32_POLYNOMIAL, 0), 0);
        int remainder = low(32, vextract(64, product, 1));
        return size >= 4 ? remainder : xor(32, remainder, lshr(32, low(32, acc), constant(32, 8 * size)));
    }

    // Lanes of 32 bits.

    private int rotateLanes(int va, int n) {
        return vor(vshl(32, va, n), vushr(32, va, 32 - n));
    }

    /** Lane i of the result is lane (imm8 >> 2 * i & 3) of a for i = 0, 1, of b for i = 2, 3. */
    private int shuffle(int va, int vb, int imm8) {
        if (op[va] == Opcode.VSHUFFLE && op[vb] == Opcode.VSHUFFLE) {
            // What two shuffles of the same operands have mixed may be one of the operands.
            int from = origin(va, imm8 & 3);
            for (int i = 1; i < 4 && from >= 0; i++) {
                int source = i < 2 ? va : vb;
                if (origin(source, imm8 >> 2 * i & 3) != from + i) {
                    from = -1;
                }
            }
            if (from >= 0 && (from & 3) == 0) {
                return from >> 2;
            }
        }
        return pure(Opcode.VSHUFFLE, 32, imm8, va, vb, 0, 0);
    }

    /** Four times the value, plus the lane, that lane i of a shuffle is. */
    private int origin(int shuffle, int i) {
        return (i < 2 ? a[shuffle] : b[shuffle]) << 2 | x[shuffle] >> 2 * i & 3;
    }

    private int lane(int v, int i) {
        return low(32, vextract(32, v, i));
    }

    private int ofLanes(int l0, int l1, int l2, int l3) {
        return vinsert(32, vinsert(32, vinsert(32, vscalar(32, l0), 1, l1), 2, l2), 3, l3);
    }

    private int sum(int va, int vb) {
        return add(32, va, vb);
    }

    private int rotated(int v, int n) {
        return ror(32, v, constant(32, n));
    }

    // SHA-1.

    private static final int REVERSED = 0x1b;
    /** The host adds the constant of the round itself, the guest has added it to the words. */
    private static final int[] SHA1_CONSTANTS = {0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc};

    /** Four rounds of SHA-1: kind 0 choose, 1 parity, 2 majority; a to d in the lanes of hash, e in lane 0 of {@code ve}. */
    public final int vsha1(int kind, int hash, int ve, int words) {
        if (!hostSha) {
            return sha1Rounds(kind, hash, ve, words);
        }
        int constants = vdup(32, constant(32, SHA1_CONSTANTS[kind]));
        int first = vadd(32, vsub(32, words, constants), vinsertLane(32, vzero(), 0, ve, 0));
        int r = pure(Opcode.VSHA1_ROUNDS, 32, kind, reversed(hash), reversed(first), 0, 0);
        return reversed(r);
    }

    /** Lanes in reverse order. */
    private int reversed(int v) {
        return op[v] == Opcode.VSHUFFLE && x[v] == REVERSED && a[v] == b[v] ? a[v] : shuffle(v, v, REVERSED);
    }

    private int sha1Rounds(int kind, int hash, int ve, int words) {
        int ra = lane(hash, 0);
        int rb = lane(hash, 1);
        int rc = lane(hash, 2);
        int rd = lane(hash, 3);
        int re = lane(ve, 0);
        for (int i = 0; i < 4; i++) {
            int f = kind == 0 ? choose(rb, rc, rd) : kind == 1 ? xor(32, xor(32, rb, rc), rd) : majority(rb, rc, rd);
            int next = sum(sum(rotated(ra, 27), f), sum(re, lane(words, i)));
            re = rd;
            rd = rc;
            rc = rotated(rb, 2);
            rb = ra;
            ra = next;
        }
        return ofLanes(ra, rb, rc, rd);
    }

    private int choose(int v, int one, int zero) {
        return xor(32, and(32, xor(32, one, zero), v), zero);
    }

    private int majority(int va, int vb, int vc) {
        return or(32, and(32, va, vb), and(32, or(32, va, vb), vc));
    }

    // SHA-256.

    /** First and second operand of the host's rounds: f, e, b, a and h, g, d, c from a to d and e to h; and back. */
    private static final int FIRST_HALVES = 0x11;
    private static final int SECOND_HALVES = 0xbb;

    /** The first half of the state, a to d, after four rounds of SHA-256 on a to d and e to h. */
    public final int vsha256h(int abcd, int efgh, int words) {
        if (!hostSha) {
            return sha256Rounds(abcd, efgh, words, true);
        }
        int abef = shuffle(efgh, abcd, FIRST_HALVES);
        int cdgh = shuffle(efgh, abcd, SECOND_HALVES);
        int middle = rounds(cdgh, abef, words);
        return shuffle(rounds(abef, middle, vhigh64(words)), middle, SECOND_HALVES);
    }

    /** The second half, e to h. */
    public final int vsha256h2(int efgh, int abcd, int words) {
        if (!hostSha) {
            return sha256Rounds(abcd, efgh, words, false);
        }
        int abef = shuffle(efgh, abcd, FIRST_HALVES);
        int cdgh = shuffle(efgh, abcd, SECOND_HALVES);
        int middle = rounds(cdgh, abef, words);
        return shuffle(rounds(abef, middle, vhigh64(words)), middle, FIRST_HALVES);
    }

    private int rounds(int cdgh, int abef, int words) {
        return pure(Opcode.VSHA256_ROUNDS, 32, 0, cdgh, abef, words, 0);
    }

    private int sha256Rounds(int abcd, int efgh, int words, boolean first) {
        int ra = lane(abcd, 0);
        int rb = lane(abcd, 1);
        int rc = lane(abcd, 2);
        int rd = lane(abcd, 3);
        int re = lane(efgh, 0);
        int rf = lane(efgh, 1);
        int rg = lane(efgh, 2);
        int rh = lane(efgh, 3);
        for (int i = 0; i < 4; i++) {
            int sumE = xor(32, xor(32, rotated(re, 6), rotated(re, 11)), rotated(re, 25));
            int t = sum(sum(rh, sumE), sum(choose(re, rf, rg), lane(words, i)));
            int sumA = xor(32, xor(32, rotated(ra, 2), rotated(ra, 13)), rotated(ra, 22));
            int next = sum(t, sum(sumA, majority(ra, rb, rc)));
            rh = rg;
            rg = rf;
            rf = re;
            re = sum(rd, t);
            rd = rc;
            rc = rb;
            rb = ra;
            ra = next;
        }
        return first ? ofLanes(ra, rb, rc, rd) : ofLanes(re, rf, rg, rh);
    }

    /** a + sigma0 of the words behind each of its lanes, the last one from b. */
    public final int vsha256su0(int va, int vb) {
        if (hostSha) {
            return pure(Opcode.VSHA256_MESSAGE_1, 32, 0, va, vb, 0, 0);
        }
        int next = vext(va, vb, 4);
        int sigma = vxor(vxor(rotateLanes(next, 25), rotateLanes(next, 14)), vushr(32, next, 3));
        return vadd(32, va, sigma);
    }

    /** Four new words from a, the three upper words of b and the first of c, and the words two before: c's upper ones, then new ones. */
    public final int vsha256su1(int va, int vb, int vc) {
        int sum = vadd(32, va, vext(vb, vc, 4));
        if (hostSha) {
            return pure(Opcode.VSHA256_MESSAGE_2, 32, 0, sum, vc, 0, 0);
        }
        int lower = vadd(32, sum, sigma1(vhigh64(vc)));
        int upper = vadd(32, vhigh64(sum), sigma1(lower));
        return vcombine(lower, upper);
    }

    private int sigma1(int v) {
        return vxor(vxor(rotateLanes(v, 15), rotateLanes(v, 13)), vushr(32, v, 10));
    }
}
