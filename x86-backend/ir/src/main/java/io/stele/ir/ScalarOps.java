package io.stele.ir;

/** Operations on bits, conditions and flags, folded and canonicalised as they are appended. */
public abstract sealed class ScalarOps extends IrBlock permits VectorOps {
    /** x86 condition codes used by {@link Opcode#COND_CMP}; the lowest bit inverts. */
    static final int CC_B = 2;
    static final int CC_AE = 3;
    static final int CC_E = 4;
    static final int CC_NE = 5;
    static final int CC_BE = 6;
    static final int CC_A = 7;
    static final int CC_P = 10;
    static final int CC_L = 12;

    /** Operations that are looked at to find out how large a value can be. */
    static final int SIZE_DEPTH = 4;

    ScalarOps() {}

    private static long mask(int width) {
        return width == 64 ? -1L : (1L << width) - 1;
    }

    private static long signed(int width, long v) {
        return width == 64 ? v : (int) v;
    }

    /** The upper half of the container is known to be zero. */
    final boolean isNarrow(int v) {
        if (op[v] == Opcode.F_TO_INT) {
            // Its w is the width of the float.
            return imm[v] == 32;
        }
        return w[v] == 32 || switch (op[v]) {
            case Opcode.CONST -> imm[v] >>> 32 == 0;
            case Opcode.ZEXT -> true;
            case Opcode.UBFX -> imm[v] <= 32;
            case Opcode.LSHRI -> x[v] >= 32;
            default -> false;
        };
    }

    /** A number of bits that the value, taken as unsigned, does not exceed. @param depth of operations that are looked at */
    final int unsignedBits(int v, int depth) {
        int size = isNarrow(v) ? 32 : 64;
        if (depth == 0 || plain) {
            return size;
        }
        int known = switch (op[v]) {
            case Opcode.CONST -> 64 - Long.numberOfLeadingZeros(imm[v]);
            case Opcode.ZEXT -> Math.min(x[v], unsignedBits(a[v], depth - 1));
            case Opcode.UBFX -> (int) imm[v];
            case Opcode.LOAD -> (x[v] & Opcode.SIGNED) == 0 ? 8 * (x[v] & 0xff) : size;
            case Opcode.LSHRI -> Math.max(Math.min(w[v], unsignedBits(a[v], depth - 1)) - x[v], 0);
            case Opcode.SHLI -> unsignedBits(a[v], depth - 1) + x[v];
            case Opcode.AND -> Math.min(unsignedBits(a[v], depth - 1), unsignedBits(b[v], depth - 1));
            case Opcode.OR, Opcode.XOR -> Math.max(unsignedBits(a[v], depth - 1), unsignedBits(b[v], depth - 1));
            case Opcode.COND_TO_BITS -> 1;
            default -> size;
        };
        return Math.min(size, known);
    }

    /** A value with the same low 32 bits, for operations that read no more. */
    final int low(int width, int v) {
        return width == 32 && op[v] == Opcode.TRUNC ? a[v] : v;
    }

    /** The low {@code width} bits of {@code value}. */
    public final int constant(int width, long value) {
        return pure(Opcode.CONST, 64, 0, 0, 0, 0, value & mask(width));
    }

    /** Sum modulo 2^width. */
    public final int add(int width, int va, int vb) {
        if (isConst(va)) {
            if (isConst(vb)) {
                return constant(width, imm[va] + imm[vb]);
            }
            return addConstant(width, vb, imm[va]);
        }
        if (isConst(vb)) {
            return addConstant(width, va, imm[vb]);
        }
        int p = low(width, va);
        int q = low(width, vb);
        if (op[q] == Opcode.SHLI && w[q] == width && x[q] <= 3) {
            return pure(Opcode.ADD_SHIFTED, width, x[q], p, a[q], 0, 0);
        }
        return pure(Opcode.ADD, width, 0, p, q, 0, 0);
    }

    private int addConstant(int width, int va, long n) {
        int base = low(width, va);
        long sum = signed(width, n);
        if (op[base] == Opcode.ADD && w[base] == width && isConst(b[base])) {
            sum = signed(width, sum + imm[b[base]]);
            base = a[base];
        } else if (op[base] == Opcode.PAGE_ADDRESS && width == 64) {
            return pure(Opcode.PAGE_ADDRESS, 64, 0, 0, 0, 0, imm[base] + sum);
        }
        if (sum == 0) {
            return width == 32 ? trunc(base) : base;
        }
        return pure(Opcode.ADD, width, 0, base, constant(width, sum), 0, 0);
    }

    /** Difference modulo 2^width. */
    public final int sub(int width, int va, int vb) {
        if (isConst(vb)) {
            return add(width, va, constant(width, -imm[vb]));
        }
        int p = low(width, va);
        int q = low(width, vb);
        if (p == q) {
            return constant(width, 0);
        }
        if (isConst(p) && (imm[p] & mask(width)) == 0) {
            return pure(Opcode.NEG, width, 0, q, 0, 0, 0);
        }
        return pure(Opcode.SUB, width, 0, p, q, 0, 0);
    }

    /** Product modulo 2^width. */
    public final int mul(int width, int va, int vb) {
        if (isConst(va) && !isConst(vb)) {
            return mul(width, vb, va);
        }
        if (isConst(vb)) {
            long n = imm[vb] & mask(width);
            if (isConst(va)) {
                return constant(width, imm[va] * n);
            }
            if (n == 0) {
                return vb;
            }
            if ((n & n - 1) == 0) {
                return shl(width, va, constant(width, Long.numberOfTrailingZeros(n)));
            }
        }
        return pure(Opcode.MUL, width, 0, low(width, va), low(width, vb), 0, 0);
    }

    public final int and(int width, int va, int vb) {
        if (isConst(va) && !isConst(vb)) {
            return and(width, vb, va);
        }
        int p = low(width, va);
        int q = low(width, vb);
        if (isConst(vb)) {
            if (isConst(va)) {
                return constant(width, imm[va] & imm[vb]);
            }
            long possible = mask(Math.min(width, unsignedBits(p, SIZE_DEPTH)));
            long n = imm[vb] & possible;
            if (n == 0) {
                return constant(width, 0);
            }
            if (n == possible) {
                return possible == mask(width) ? va : p;
            }
            if (n == 0xff || n == 0xffff) {
                return zext(n == 0xff ? 8 : 16, width, va);
            }
            if (n == 0xffff_ffffL) {
                return trunc(va);
            }
            if (n >>> 31 == 0) {
                return pure(Opcode.AND, 32, 0, op[p] == Opcode.TRUNC ? a[p] : p, constant(32, n), 0, 0);
            }
        }
        if (p == q) {
            return va;
        }
        return pure(Opcode.AND, width, 0, p, q, 0, 0);
    }

    public final int or(int width, int va, int vb) {
        if (isConst(va) && !isConst(vb)) {
            return or(width, vb, va);
        }
        if (isConst(vb)) {
            long n = imm[vb] & mask(width);
            if (isConst(va)) {
                return constant(width, imm[va] | n);
            }
            if (n == 0) {
                return va;
            }
            if (n == mask(width)) {
                return constant(width, -1);
            }
        }
        if (va == vb) {
            return va;
        }
        return pure(Opcode.OR, width, 0, low(width, va), low(width, vb), 0, 0);
    }

    public final int xor(int width, int va, int vb) {
        if (isConst(va) && !isConst(vb)) {
            return xor(width, vb, va);
        }
        if (isConst(vb)) {
            long n = imm[vb] & mask(width);
            if (isConst(va)) {
                return constant(width, imm[va] ^ n);
            }
            if (n == 0) {
                return va;
            }
            if (n == mask(width)) {
                return not(width, va);
            }
        }
        if (va == vb) {
            return constant(width, 0);
        }
        return pure(Opcode.XOR, width, 0, low(width, va), low(width, vb), 0, 0);
    }

    /** a &amp; ~b. */
    public final int andn(int width, int va, int vb) {
        if (isConst(vb)) {
            return and(width, va, constant(width, ~imm[vb]));
        }
        if (isConst(va) && (imm[va] & mask(width)) == mask(width)) {
            return not(width, vb);
        }
        return pure(Opcode.ANDN, width, 0, low(width, va), low(width, vb), 0, 0);
    }

    public final int not(int width, int va) {
        if (isConst(va)) {
            return constant(width, ~imm[va]);
        }
        return pure(Opcode.NOT, width, 0, low(width, va), 0, 0, 0);
    }

    public final int neg(int width, int va) {
        if (isConst(va)) {
            return constant(width, -imm[va]);
        }
        return pure(Opcode.NEG, width, 0, low(width, va), 0, 0, 0);
    }

    /** Shift left; the amount is taken modulo width. */
    public final int shl(int width, int va, int vb) {
        return shift(Opcode.SHL, width, va, vb);
    }

    public final int lshr(int width, int va, int vb) {
        return shift(Opcode.LSHR, width, va, vb);
    }

    public final int ashr(int width, int va, int vb) {
        return shift(Opcode.ASHR, width, va, vb);
    }

    public final int ror(int width, int va, int vb) {
        return shift(Opcode.ROR, width, va, vb);
    }

    private int shift(int code, int width, int va, int vb) {
        if (isConst(vb)) {
            int n = (int) imm[vb] & width - 1;
            if (n == 0) {
                return va;
            }
            if (isConst(va)) {
                long v = imm[va] & mask(width);
                return constant(width, switch (code) {
                    case Opcode.SHL -> v << n;
                    case Opcode.LSHR -> v >>> n;
                    case Opcode.ASHR -> signed(width, v) >> n;
                    default -> v >>> n | v << width - n;
                });
            }
            return pure(code + Opcode.SHLI - Opcode.SHL, width, n, low(width, va), 0, 0, 0);
        }
        int amount = low(32, vb);
        if (op[amount] == Opcode.AND && isConst(b[amount]) && (imm[b[amount]] & width - 1) == width - 1) {
            amount = a[amount];
        }
        return pure(code, width, 0, low(width, va), amount, 0, 0);
    }

    /** Upper half of the unsigned 128-bit product. */
    public final int umulh(int va, int vb) {
        return pure(Opcode.UMULH, 64, 0, va, vb, 0, 0);
    }

    public final int smulh(int va, int vb) {
        return pure(Opcode.SMULH, 64, 0, va, vb, 0, 0);
    }

    /** Unsigned quotient; x / 0 = 0. */
    public final int udiv(int width, int va, int vb) {
        return pure(Opcode.UDIV, width, 0, va, vb, 0, 0);
    }

    /** Signed quotient; x / 0 = 0, minimum / -1 = minimum. */
    public final int sdiv(int width, int va, int vb) {
        return pure(Opcode.SDIV, width, 0, va, vb, 0, 0);
    }

    /** Leading zeros; width for 0. */
    public final int clz(int width, int va) {
        return pure(Opcode.CLZ, width, 0, low(width, va), 0, 0, 0);
    }

    /** Leading bits equal to the sign bit, which is not counted. */
    public final int cls(int width, int va) {
        int spread = ashr(width, va, constant(width, width - 1));
        return sub(width, clz(width, xor(width, va, spread)), constant(width, 1));
    }

    /** Bits in reverse order. */
    public final int rbit(int width, int va) {
        int v = rev(width, width, va);
        v = swapGroups(width, v, 4, 0x0f0f0f0f0f0f0f0fL);
        v = swapGroups(width, v, 2, 0x3333333333333333L);
        return swapGroups(width, v, 1, 0x5555555555555555L);
    }

    private int swapGroups(int width, int v, int n, long lower) {
        int m = constant(width, lower);
        int amount = constant(width, n);
        return or(width, and(width, lshr(width, v, amount), m), shl(width, and(width, v, m), amount));
    }

    /** Reverses the bytes of each {@code e}-bit group (e = 16, 32, 64). */
    public final int rev(int width, int e, int va) {
        if (e == 16 && width == 64) {
            return swapGroups(64, va, 8, 0x00ff00ff00ff00ffL);
        }
        if (isConst(va)) {
            long v = imm[va];
            v = width == 64 ? Long.reverseBytes(v) : Integer.reverseBytes((int) v) & 0xffff_ffffL;
            return e == width ? constant(width, v) : ror(width, constant(width, v), constant(width, e));
        }
        int swapped = pure(Opcode.BSWAP, width, 0, low(width, va), 0, 0, 0);
        return e == width ? swapped : ror(width, swapped, constant(width, e));
    }

    /** Low {@code width} bits of hi:lo shifted right by {@code lsb}. */
    public final int extract(int width, int hi, int lo, int lsb) {
        if (lsb == 0) {
            return lo;
        }
        if (hi == lo) {
            return ror(width, hi, constant(width, lsb));
        }
        if (isConst(hi) && imm[hi] == 0) {
            return lshr(width, lo, constant(width, lsb));
        }
        return pure(Opcode.EXTRACT, width, lsb, low(width, hi), low(width, lo), 0, 0);
    }

    /** Bits lsb .. lsb + count - 1, zero-extended. */
    public final int ubfx(int width, int va, int lsb, int bits) {
        if (lsb + bits == width) {
            return lshr(width, va, constant(width, lsb));
        }
        if (lsb == 0 && (bits <= 31 || bits == 32 && width == 64)) {
            return and(width, va, constant(width, mask(bits)));
        }
        if (isConst(va)) {
            return constant(width, imm[va] >>> lsb & mask(bits));
        }
        if (unsignedBits(va, SIZE_DEPTH) <= lsb + bits) {
            return lshr(width, va, constant(width, lsb));
        }
        return pure(Opcode.UBFX, width, lsb, low(width, va), 0, 0, bits);
    }

    /** Bits lsb .. lsb + count - 1, sign-extended. */
    public final int sbfx(int width, int va, int lsb, int bits) {
        if (lsb + bits == width) {
            return ashr(width, va, constant(width, lsb));
        }
        if (isConst(va)) {
            return constant(width, imm[va] << 64 - lsb - bits >> 64 - bits);
        }
        if (lsb == 0 && (bits == 8 || bits == 16 || bits == 32)) {
            return sext(bits, width, va);
        }
        return pure(Opcode.SBFX, width, lsb, low(width, va), 0, 0, bits);
    }

    /** {@code dst} with bits lsb .. lsb + count - 1 replaced by the low bits of {@code src}. */
    public final int bfi(int width, int dst, int src, int lsb, int bits) {
        if (bits == width) {
            return src;
        }
        long field = mask(bits);
        int kept = and(width, dst, constant(width, ~(field << lsb)));
        int moved = lsb + bits == width ? src : and(width, src, constant(width, field));
        return or(width, kept, shl(width, moved, constant(width, lsb)));
    }

    /** Zero-extends the low {@code from} bits (8, 16, 32). */
    public final int zext(int from, int width, int va) {
        if (from == 32) {
            return trunc(va);
        }
        if (isConst(va)) {
            return constant(width, imm[va] & mask(from));
        }
        int p = low(32, va);
        if (unsignedBits(p, SIZE_DEPTH) <= from) {
            return p;
        }
        return pure(Opcode.ZEXT, 32, from, p, 0, 0, 0);
    }

    /** Sign-extends the low {@code from} bits (8, 16, 32). */
    public final int sext(int from, int width, int va) {
        if (from == width) {
            return va;
        }
        if (isConst(va)) {
            return constant(width, imm[va] << 64 - from >> 64 - from);
        }
        int p = low(32, va);
        if (unsignedBits(p, SIZE_DEPTH) < from) {
            return p;
        }
        return pure(Opcode.SEXT, width, from, p, 0, 0, 0);
    }

    /** The low 32 bits as bits(32). */
    public final int trunc(int va) {
        if (unsignedBits(va, SIZE_DEPTH) <= 32) {
            return va;
        }
        if (isConst(va)) {
            return constant(32, imm[va]);
        }
        return pure(Opcode.TRUNC, 32, 0, va, 0, 0, 0);
    }

    /** cond ? a : b. */
    public final int select(int width, int cond, int va, int vb) {
        if (op[cond] == Opcode.COND_CONST) {
            return imm[cond] != 0 ? va : vb;
        }
        if (va == vb) {
            return va;
        }
        if (isConst(va) && isConst(vb) && (imm[va] | imm[vb]) == 1) {
            return condToBits(width, imm[va] == 1 ? cond : condNot(cond));
        }
        return append(Opcode.SELECT, width, 0, cond, low(width, va), low(width, vb), 0, 0);
    }

    // Conditions and flags.

    /** Sum whose flags can be had with {@link #flagsOf}. */
    public final int adds(int width, int va, int vb) {
        return append(Opcode.ADDS, width, 0, low(width, va), low(width, vb), 0, 0, 0);
    }

    public final int subs(int width, int va, int vb) {
        return append(Opcode.SUBS, width, 0, low(width, va), low(width, vb), 0, 0, 0);
    }

    public final int ands(int width, int va, int vb) {
        return append(Opcode.ANDS, width, 0, low(width, va), low(width, vb), 0, 0, 0);
    }

    /** a + b + C. */
    public final int adc(int width, int va, int vb, int flags) {
        return append(Opcode.ADC, width, 0, low(width, va), low(width, vb), flags, 0, 0);
    }

    /** a - b - not C. */
    public final int sbc(int width, int va, int vb, int flags) {
        return append(Opcode.SBC, width, 0, low(width, va), low(width, vb), flags, 0, 0);
    }

    public final int adcs(int width, int va, int vb, int flags) {
        return append(Opcode.ADCS, width, 0, low(width, va), low(width, vb), flags, 0, 0);
    }

    public final int sbcs(int width, int va, int vb, int flags) {
        return append(Opcode.SBCS, width, 0, low(width, va), low(width, vb), flags, 0, 0);
    }

    /** NZCV of a value made by adds, subs, ands, adcs or sbcs. */
    public final int flagsOf(int v) {
        if (op[v] < Opcode.ADDS || op[v] > Opcode.SBCS || op[v] == Opcode.ADC || op[v] == Opcode.SBC) {
            throw new IllegalArgumentException("flagsOf " + OpInfo.name(op[v]));
        }
        return pure(Opcode.FLAGS_OF, 0, 0, v, 0, 0, 0);
    }

    public final int constantFlags(int nzcv) {
        return pure(Opcode.FLAGS_CONST, 0, 0, 0, 0, 0, HostFlags.fromNzcv(nzcv));
    }

    private int constantCond(boolean value) {
        return pure(Opcode.COND_CONST, 0, 0, 0, 0, 0, value ? 1 : 0);
    }

    /** A {@link Condition} on flags. */
    public final int test(int cc, int flags) {
        if (cc >= Condition.ALWAYS) {
            return constantCond(true);
        }
        if (op[flags] == Opcode.FLAGS_CONST) {
            return constantCond(Condition.holds(cc, (int) imm[flags]));
        }
        if (op[flags] == Opcode.FCOMPARE && cc >= 2) {
            int x86 = FLOAT_CONDITION[cc];
            return x86 < SWAPPED ? pure(Opcode.COND_FCMP, w[flags], x86, a[flags], b[flags], 0, 0)
                : pure(Opcode.COND_FCMP, w[flags], x86 - SWAPPED, b[flags], a[flags], 0, 0);
        }
        return pure(Opcode.COND_FLAGS, 0, cc, flags, 0, 0, 0);
    }

    private static final int SWAPPED = 16;
    /**
     * By {@link Condition}: x86 condition after ucomis of the operands, in opposite order if SWAPPED is added. Unordered sets CF, ZF and
     * PF on the host, C and V on the guest. Equality needs two host flags and is not here.
     */
    private static final int[] FLOAT_CONDITION = {
        -1, -1, SWAPPED + CC_BE, SWAPPED + CC_A, SWAPPED + CC_A, SWAPPED + CC_BE, CC_P, CC_P ^ 1, SWAPPED + CC_B, SWAPPED + CC_AE, CC_AE, CC_B,
        CC_A, CC_BE,
    };

    public final int isZero(int width, int va) {
        return compareZero(width, va, CC_E);
    }

    public final int isNonZero(int width, int va) {
        return compareZero(width, va, CC_NE);
    }

    private int compareZero(int width, int va, int cc) {
        if (isConst(va)) {
            return constantCond((imm[va] & mask(width)) == 0 == (cc == CC_E));
        }
        int p = low(width, va);
        if (op[p] == Opcode.AND && w[p] <= width && refs[p] == 0) {
            return pure(Opcode.COND_TEST, w[p], cc, a[p], b[p], 0, 0);
        }
        return pure(Opcode.COND_TEST, width, cc, p, p, 0, 0);
    }

    public final int bitSet(int width, int va, int bit) {
        return bitTest(width, va, bit, 1);
    }

    public final int bitClear(int width, int va, int bit) {
        return bitTest(width, va, bit, 0);
    }

    private int bitTest(int width, int va, int bit, int wanted) {
        if (isConst(va)) {
            return constantCond((imm[va] >>> bit & 1) == wanted);
        }
        int p = low(width, va);
        return pure(Opcode.COND_BIT, width, bit, p, 0, 0, wanted);
    }

    public final int equal(int width, int va, int vb) {
        return compare(CC_E, width, va, vb);
    }

    /** Signed less than. */
    public final int less(int width, int va, int vb) {
        return compare(CC_L, width, va, vb);
    }

    public final int lessUnsigned(int width, int va, int vb) {
        return compare(CC_B, width, va, vb);
    }

    private int compare(int cc, int width, int va, int vb) {
        if (isConst(va) && isConst(vb)) {
            long p = signed(width, imm[va]);
            long q = signed(width, imm[vb]);
            return constantCond(cc == CC_E ? p == q : cc == CC_L ? p < q : Long.compareUnsigned(p, q) < 0);
        }
        if (cc == CC_E && isConst(vb) && (imm[vb] & mask(width)) == 0) {
            return isZero(width, va);
        }
        return pure(Opcode.COND_CMP, width, cc, low(width, va), low(width, vb), 0, 0);
    }

    public final int condNot(int cond) {
        return switch (op[cond]) {
            case Opcode.COND_CONST -> constantCond(imm[cond] == 0);
            case Opcode.COND_BIT -> pure(Opcode.COND_BIT, w[cond], x[cond], a[cond], 0, 0, imm[cond] ^ 1);
            case Opcode.COND_NAN -> throw new IllegalArgumentException("condNot of a NaN guard");
            default -> pure(op[cond], w[cond], x[cond] ^ 1, a[cond], b[cond], 0, 0);
        };
    }

    /** 0 or 1. */
    public final int condToBits(int width, int cond) {
        if (op[cond] == Opcode.COND_CONST) {
            return constant(width, imm[cond]);
        }
        return append(Opcode.COND_TO_BITS, 32, 0, cond, 0, 0, 0, 0);
    }

    /** cond ? fa : fb on flags. */
    public final int selectFlags(int cond, int fa, int fb) {
        if (op[cond] == Opcode.COND_CONST) {
            return imm[cond] != 0 ? fa : fb;
        }
        if (fa == fb) {
            return fa;
        }
        return append(Opcode.SELECT_FLAGS, 32, 0, cond, fa, fb, 0, 0);
    }

    /** Flags from N (bit 3), Z, C, V (bit 0). */
    public final int flagsFromNzcv(int va) {
        if (isConst(va)) {
            return constantFlags((int) imm[va] & 15);
        }
        return pure(Opcode.FLAGS_FROM_NZCV, 32, 0, va, 0, 0, 0);
    }

    /** N (bit 3), Z, C, V (bit 0) as bits. */
    public final int nzcvFromFlags(int flags) {
        if (op[flags] == Opcode.FLAGS_CONST) {
            return constant(64, HostFlags.toNzcv((int) imm[flags]));
        }
        return append(Opcode.NZCV_FROM_FLAGS, 32, 0, flags, 0, 0, 0, 0);
    }

    /** Guest counter, 64 bits. */
    public final int readCounter() {
        return append(Opcode.READ_COUNTER, 64, 0, 0, 0, 0, 0, 0);
    }

    /** Ends the block before the current instruction, which the interpreter executes. */
    public abstract void interpret();
}
