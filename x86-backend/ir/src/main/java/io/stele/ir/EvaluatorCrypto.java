package io.stele.ir;

/** AES, carry-less products and hash rounds, straight from FIPS 180-4 and 197 and GB/T 32907. */
abstract class EvaluatorCrypto extends EvaluatorFloat {
    /** The S-box of AES and its inverse; made from inverses in GF(2^8). */
    private static final byte[] SUBSTITUTE = new byte[256];
    private static final byte[] SUBSTITUTE_BACK = new byte[256];

    /** Row 0 of the circulant matrix of SM4's affine map, and its constant; inverses in SM4's field. */
    private static final int SM4_ROW = 0xa7;
    private static final int SM4_CONSTANT = 0xd3;
    private static final byte[] SM4_INVERSE = new byte[256];

    static {
        for (int x = 1; x < 256; x++) {
            for (int y = 1; y < 256; y++) {
                if (sm4Product(x, y) == 1) {
                    SM4_INVERSE[x] = (byte) y;
                }
            }
        }
        int p = 1;
        int q = 1;
        do {
            // p runs through all of the field but 0, q is its inverse: multiplied and divided by 3.
            p = p ^ p << 1 & 0xff ^ (p >> 7) * 0x1b;
            q ^= q << 1;
            q ^= q << 2;
            q ^= q << 4;
            q &= 0xff;
            q ^= (q >> 7) * 0x09;
            substitute(p, q ^ rotate8(q, 1) ^ rotate8(q, 2) ^ rotate8(q, 3) ^ rotate8(q, 4) ^ 0x63);
        } while (p != 1);
        substitute(0, 0x63);
    }

    EvaluatorCrypto(int flagsOffset, int monitorOffset, EvaluatorMemory memory) {
        super(flagsOffset, monitorOffset, memory);
    }

    private static void substitute(int from, int to) {
        SUBSTITUTE[from] = (byte) to;
        SUBSTITUTE_BACK[to & 0xff] = (byte) from;
    }

    private static int rotate8(int v, int n) {
        return (v << n | v >> 8 - n) & 0xff;
    }

    // AES: column c of the state is bytes 4 * c to 4 * c + 3.

    /** SubBytes(ShiftRows(a ^ b)). */
    public final Vec vaese(Vec a, Vec b) {
        Vec x = vxor(a, b);
        Vec r = Vec.ZERO;
        for (int i = 0; i < 16; i++) {
            r = r.withLane(8, i, SUBSTITUTE[(int) x.lane(8, i + 4 * (i & 3) & 15)]);
        }
        return r;
    }

    /** InvSubBytes(InvShiftRows(a ^ b)). */
    public final Vec vaesd(Vec a, Vec b) {
        Vec x = vxor(a, b);
        Vec r = Vec.ZERO;
        for (int i = 0; i < 16; i++) {
            r = r.withLane(8, i, SUBSTITUTE_BACK[(int) x.lane(8, i - 4 * (i & 3) & 15)]);
        }
        return r;
    }

    /** MixColumns. */
    public final Vec vaesmc(Vec a) {
        return mixColumns(a, 2, 3, 1, 1);
    }

    /** InvMixColumns. */
    public final Vec vaesimc(Vec a) {
        return mixColumns(a, 14, 11, 13, 9);
    }

    private static Vec mixColumns(Vec a, int m0, int m1, int m2, int m3) {
        Vec r = Vec.ZERO;
        for (int i = 0; i < 16; i++) {
            int column = i & 12;
            r = r.withLane(8, i, product(m0, a.lane(8, i)) ^ product(m1, a.lane(8, column | i + 1 & 3)) ^ product(m2, a.lane(8, column | i + 2 & 3))
                ^ product(m3, a.lane(8, column | i + 3 & 3)));
        }
        return r;
    }

    /** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
    private static long product(int factor, long v) {
        long r = 0;
        for (int m = factor; m != 0; m >>= 1) {
            r ^= (m & 1) * v;
            v = v << 1 & 0xff ^ (v >> 7) * 0x1b;
        }
        return r;
    }

    /** The 128-bit carry-less product of the low (half = 0) or the high (half = 1) halves. */
    public final Vec vclmul(Vec a, Vec b, int half) {
        long x = a.lane(64, half);
        long y = b.lane(64, half);
        long lo = 0;
        long hi = 0;
        for (int i = 0; i < 64; i++) {
            if ((y >>> i & 1) != 0) {
                lo ^= x << i;
                hi ^= i == 0 ? 0 : x >>> 64 - i;
            }
        }
        return new Vec(lo, hi);
    }

    // SM4.

    /** The S-box on bytes: an affine map, the inverse in GF(2^8) modulo x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1, the same map again. */
    public final Vec vsm4sub(Vec a) {
        Vec r = Vec.ZERO;
        for (int i = 0; i < 16; i++) {
            r = r.withLane(8, i, sm4Affine(SM4_INVERSE[sm4Affine((int) a.lane(8, i))] & 0xff));
        }
        return r;
    }

    private static int sm4Affine(int v) {
        int r = SM4_CONSTANT;
        for (int i = 0; i < 8; i++) {
            r ^= (Integer.bitCount(rotate8(SM4_ROW, i) & v) & 1) << i;
        }
        return r;
    }

    private static int sm4Product(int x, int y) {
        int r = 0;
        for (int i = 7; i >= 0; i--) {
            r = r << 1 ^ (r >> 7) * 0x1f5 ^ (y >> i & 1) * x;
        }
        return r;
    }

    // SHA-1 and SHA-256.

    private static int word(Vec v, int i) {
        return (int) v.lane(32, i);
    }

    private static Vec words(int w0, int w1, int w2, int w3) {
        return new Vec(w0 & 0xffff_ffffL | (long) w1 << 32, w2 & 0xffff_ffffL | (long) w3 << 32);
    }

    private static int choose(int x, int y, int z) {
        return x & y | ~x & z;
    }

    private static int majority(int x, int y, int z) {
        return x & y | x & z | y & z;
    }

    /** Four rounds of SHA-1: kind 0 choose, 1 parity, 2 majority; a to d in the lanes of hash, e in lane 0 of {@code ve}. */
    public final Vec vsha1(int kind, Vec hash, Vec ve, Vec words) {
        int a = word(hash, 0);
        int b = word(hash, 1);
        int c = word(hash, 2);
        int d = word(hash, 3);
        int e = word(ve, 0);
        for (int i = 0; i < 4; i++) {
            int f = kind == 0 ? choose(b, c, d) : kind == 1 ? b ^ c ^ d : majority(b, c, d);
            int t = Integer.rotateLeft(a, 5) + f + e + word(words, i);
            e = d;
            d = c;
            c = Integer.rotateLeft(b, 30);
            b = a;
            a = t;
        }
        return words(a, b, c, d);
    }

    /** The first half of the state, a to d, after four rounds of SHA-256 on a to d and e to h. */
    public final Vec vsha256h(Vec abcd, Vec efgh, Vec words) {
        return sha256(abcd, efgh, words, true);
    }

    /** The second half, e to h. */
    public final Vec vsha256h2(Vec efgh, Vec abcd, Vec words) {
        return sha256(abcd, efgh, words, false);
    }

    private static Vec sha256(Vec abcd, Vec efgh, Vec words, boolean first) {
        int[] s = {word(abcd, 0), word(abcd, 1), word(abcd, 2), word(abcd, 3), word(efgh, 0), word(efgh, 1), word(efgh, 2), word(efgh, 3)};
        for (int i = 0; i < 4; i++) {
            int t1 = s[7] + rotations(s[4], 6, 11, 25) + choose(s[4], s[5], s[6]) + word(words, i);
            int t2 = rotations(s[0], 2, 13, 22) + majority(s[0], s[1], s[2]);
            System.arraycopy(s, 0, s, 1, 7);
            s[4] += t1;
            s[0] = t1 + t2;
        }
        return first ? words(s[0], s[1], s[2], s[3]) : words(s[4], s[5], s[6], s[7]);
    }

    private static int rotations(int v, int m, int n, int o) {
        return Integer.rotateRight(v, m) ^ Integer.rotateRight(v, n) ^ Integer.rotateRight(v, o);
    }

    private static int sigma0(int v) {
        return Integer.rotateRight(v, 7) ^ Integer.rotateRight(v, 18) ^ v >>> 3;
    }

    private static int sigma1(int v) {
        return Integer.rotateRight(v, 17) ^ Integer.rotateRight(v, 19) ^ v >>> 10;
    }

    /** a + sigma0 of the words behind each of its lanes, the last one from b. */
    public final Vec vsha256su0(Vec a, Vec b) {
        return words(word(a, 0) + sigma0(word(a, 1)), word(a, 1) + sigma0(word(a, 2)), word(a, 2) + sigma0(word(a, 3)),
            word(a, 3) + sigma0(word(b, 0)));
    }

    /** Four new words from a, the three upper words of b and the first of c, and the words two before: c's upper ones, then new ones. */
    public final Vec vsha256su1(Vec a, Vec b, Vec c) {
        int w0 = word(a, 0) + word(b, 1) + sigma1(word(c, 2));
        int w1 = word(a, 1) + word(b, 2) + sigma1(word(c, 3));
        return words(w0, w1, word(a, 2) + word(b, 3) + sigma1(w0), word(a, 3) + word(c, 0) + sigma1(w1));
    }
}
