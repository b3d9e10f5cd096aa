package io.stele.ir;

/** Operations on integers, conditions and flags. A 32-bit value has the upper half of its container zero. */
abstract class EvaluatorBits extends EvaluatorState {
    private static final int CRC32 = 0xedb88320;
    private static final int CRC32C = 0x82f63b78;

    /** Value and flags of the last operation that defines flags. */
    private long flaggedValue;
    private int flags;

    EvaluatorBits(int flagsOffset) {
        super(flagsOffset);
    }

    static long fit(int w, long v) {
        return w == 32 ? v & 0xffff_ffffL : v;
    }

    /** Sign-extends a value of w bits into its container. */
    private static long signed(int w, long v) {
        return w == 32 ? (int) v : v;
    }

    public final long constant(int w, long v) {
        return fit(w, v);
    }

    public final long add(int w, long a, long b) {
        return fit(w, a + b);
    }

    public final long sub(int w, long a, long b) {
        return fit(w, a - b);
    }

    public final long mul(int w, long a, long b) {
        return fit(w, a * b);
    }

    public final long and(int w, long a, long b) {
        return a & b;
    }

    public final long or(int w, long a, long b) {
        return a | b;
    }

    public final long xor(int w, long a, long b) {
        return a ^ b;
    }

    public final long andn(int w, long a, long b) {
        return a & ~b;
    }

    public final long not(int w, long a) {
        return fit(w, ~a);
    }

    public final long neg(int w, long a) {
        return fit(w, -a);
    }

    public final long shl(int w, long a, long b) {
        return fit(w, a << (b & w - 1));
    }

    public final long lshr(int w, long a, long b) {
        return a >>> (b & w - 1);
    }

    public final long ashr(int w, long a, long b) {
        return fit(w, signed(w, a) >> (b & w - 1));
    }

    public final long ror(int w, long a, long b) {
        return w == 32 ? Integer.rotateRight((int) a, (int) b) & 0xffff_ffffL : Long.rotateRight(a, (int) b);
    }

    public final long umulh(long a, long b) {
        return Math.unsignedMultiplyHigh(a, b);
    }

    public final long smulh(long a, long b) {
        return Math.multiplyHigh(a, b);
    }

    public final long udiv(int w, long a, long b) {
        return b == 0 ? 0 : Long.divideUnsigned(a, b);
    }

    public final long sdiv(int w, long a, long b) {
        return b == 0 ? 0 : fit(w, signed(w, a) / signed(w, b));
    }

    public final long clz(int w, long a) {
        return Long.numberOfLeadingZeros(a) - (64 - w);
    }

    public final long cls(int w, long a) {
        long s = signed(w, a);
        return Long.numberOfLeadingZeros(s ^ s >> 63) - (64 - w) - 1;
    }

    public final long rbit(int w, long a) {
        return Long.reverse(a) >>> 64 - w;
    }

    public final long rev(int w, int e, long a) {
        long reversed = Long.reverseBytes(a);
        return fit(w, switch (e) {
            case 16 -> (a & 0x00ff_00ff_00ff_00ffL) << 8 | a >>> 8 & 0x00ff_00ff_00ff_00ffL;
            case 32 -> Long.rotateLeft(reversed, 32);
            default -> reversed >>> 64 - w;
        });
    }

    public final long extract(int w, long hi, long lo, int lsb) {
        return lsb == 0 ? lo : fit(w, lo >>> lsb | hi << w - lsb);
    }

    public final long ubfx(int w, long a, int lsb, int width) {
        return a >>> lsb & -1L >>> 64 - width;
    }

    public final long sbfx(int w, long a, int lsb, int width) {
        return fit(w, a << 64 - lsb - width >> 64 - width);
    }

    public final long bfi(int w, long dst, long src, int lsb, int width) {
        long mask = -1L >>> 64 - width << lsb;
        return fit(w, dst & ~mask | src << lsb & mask);
    }

    public final long zext(int from, int w, long a) {
        return a & -1L >>> 64 - from;
    }

    public final long sext(int from, int w, long a) {
        return fit(w, a << 64 - from >> 64 - from);
    }

    public final long trunc(long a) {
        return a & 0xffff_ffffL;
    }

    public final long select(int w, long cond, long a, long b) {
        return cond != 0 ? a : b;
    }

    public final long crc32(boolean castagnoli, int size, long acc, long v) {
        int polynomial = castagnoli ? CRC32C : CRC32;
        int crc = (int) acc;
        for (int i = 0; i < size; i++) {
            crc ^= (int) (v >>> 8 * i) & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = crc >>> 1 ^ ((crc & 1) != 0 ? polynomial : 0);
            }
        }
        return crc & 0xffff_ffffL;
    }

    public final long adds(int w, long a, long b) {
        return addWithCarry(w, a, b, 0);
    }

    public final long subs(int w, long a, long b) {
        return addWithCarry(w, a, fit(w, ~b), 1);
    }

    public final long ands(int w, long a, long b) {
        long r = a & b;
        flaggedValue = r;
        flags = HostFlags.ofResult(w, r);
        return r;
    }

    public final long adcs(int w, long a, long b, long flags) {
        return addWithCarry(w, a, b, carry(flags));
    }

    public final long sbcs(int w, long a, long b, long flags) {
        return addWithCarry(w, a, fit(w, ~b), carry(flags));
    }

    public final long adc(int w, long a, long b, long flags) {
        return fit(w, a + b + carry(flags));
    }

    public final long sbc(int w, long a, long b, long flags) {
        return fit(w, a + ~b + carry(flags));
    }

    private static int carry(long flags) {
        return (flags & HostFlags.C) != 0 ? 1 : 0;
    }

    private long addWithCarry(int w, long a, long b, int carryIn) {
        flaggedValue = fit(w, a + b + carryIn);
        flags = HostFlags.ofAdd(w, a, b, carryIn);
        return flaggedValue;
    }

    /** Flags of the value of the last operation that defines flags. */
    public final long flagsOf(long v) {
        if (v != flaggedValue) {
            throw new IllegalStateException("instruction 0x" + Integer.toHexString(word()) + " asks for flags that no operation made");
        }
        return flags;
    }

    public final long test(int cc, long flags) {
        return bool(Condition.holds(cc, (int) flags));
    }

    static long bool(boolean b) {
        return b ? 1 : 0;
    }

    public final long isZero(int w, long a) {
        return bool(a == 0);
    }

    public final long isNonZero(int w, long a) {
        return bool(a != 0);
    }

    public final long bitSet(int w, long a, int bit) {
        return a >>> bit & 1;
    }

    public final long bitClear(int w, long a, int bit) {
        return ~a >>> bit & 1;
    }

    public final long equal(int w, long a, long b) {
        return bool(a == b);
    }

    public final long less(int w, long a, long b) {
        return bool(signed(w, a) < signed(w, b));
    }

    public final long lessUnsigned(int w, long a, long b) {
        return bool(Long.compareUnsigned(a, b) < 0);
    }

    public final long condNot(long c) {
        return c ^ 1;
    }

    public final long condToBits(int w, long c) {
        return c;
    }

    public final long selectFlags(long cond, long fa, long fb) {
        return cond != 0 ? fa : fb;
    }

    public final long flagsFromNzcv(long a) {
        return HostFlags.fromNzcv((int) a & 15);
    }

    public final long nzcvFromFlags(long f) {
        return HostFlags.toNzcv((int) f);
    }

    public final long constantFlags(int nzcv) {
        return HostFlags.fromNzcv(nzcv);
    }
}
