package io.stele.ir;

/** bfloat16: the upper halves of single-precision numbers. */
public abstract sealed class BfloatOps extends HalfOps permits IrBuilder {
    private static final int RESTORED = 0;
    private static final int NEAREST = 1;
    private static final int FLUSHING = 2;

    private static final long MAGNITUDE = 0x7fff_ffffL;
    private static final long INFINITY = 0x7f80_0000L;
    private static final long SMALLEST_NORMAL = 0x0080_0000L;
    private static final long EXPONENT = 0x7f80_0000L;
    /** What is larger may be rounded to infinity. */
    private static final long LARGEST = 0x7f7f_0000L;
    private static final long ONE = 0x3f80_0000L;
    /** 2^16, whose last bit as a single is the last one of a number from 1 to 2 as a bfloat16. */
    private static final long SHIFTER = 0x4780_0000L;

    BfloatOps() {}

    /** What is between two changes of the environment is neither the same as an equal operation elsewhere, nor leaves the block. */
    private void floatEnvironment(int kind, boolean begin) {
        forgetEqual();
        append(Opcode.FLOAT_ENVIRONMENT, begin ? 32 : 0, kind, 0, 0, 0, 0, 0);
    }

    /**
     * acc plus, in each lane of 32 bits, the sum of the two products. Products are exact; both sums are rounded to odd, which takes rounding to
     * nearest. No flag is raised, so the environment is another one meanwhile. Sums that are not finite are interpreted.
     */
    public final int vbfdot(int acc, int va, int vb) {
        int upper = vrepeat(32, 0xffff_0000L);
        int lowA = vshl(32, va, 16);
        int lowB = vshl(32, vb, 16);
        int highA = vand(va, upper);
        int highB = vand(vb, upper);
        int addend = flushed(acc);
        floatEnvironment(FLUSHING, true);
        int low = floats(Opcode.VFMUL, lowA, lowB);
        int high = floats(Opcode.VFMUL, highA, highB);
        floatEnvironment(NEAREST, false);
        int nearest = floats(Opcode.VFADD, low, high);
        int products = flushed(roundedToOdd(nearest, low, high));
        int total = floats(Opcode.VFADD, addend, products);
        int odd = roundedToOdd(total, addend, products);
        floatEnvironment(RESTORED, false);
        int largest = vsmax(32, vand(nearest, vrepeat(32, MAGNITUDE)), vand(total, vrepeat(32, MAGNITUDE)));
        interpretIfAny(vcmpgt(32, largest, vrepeat(32, INFINITY - 1)));
        return flushed(odd);
    }

    /** Denormal numbers become zeros of their sign. */
    private int flushed(int v) {
        int magnitude = vand(v, vrepeat(32, MAGNITUDE));
        return vandn(v, vand(vcmpgt(32, vrepeat(32, SMALLEST_NORMAL), magnitude), vrepeat(32, MAGNITUDE)));
    }

    /**
     * The four lanes of 32 bits rounded to the four low lanes of 16 bits. A number with the sign and the fraction, but from 1 to 2, is
     * rounded by adding 2^16 of its sign, which is taken off again; then it gets its exponent. Denormal numbers, those that may be too
     * large, and NaNs are interpreted.
     */
    public final int vfToBfloat(int va) {
        obeyControl();
        int magnitude = vand(va, vrepeat(32, MAGNITUDE));
        int small = vandn(vcmpgt(32, vrepeat(32, SMALLEST_NORMAL), magnitude), vcmpeq(32, magnitude, vzero()));
        interpretIfAny(vor(small, vcmpgt(32, magnitude, vrepeat(32, LARGEST))));
        int exponent = vand(va, vrepeat(32, EXPONENT));
        int sign = vand(va, vrepeat(32, ~MAGNITUDE));
        int fraction = vor(vxor(va, exponent), vrepeat(32, ONE));
        int shifter = vor(sign, vrepeat(32, SHIFTER));
        int rounded = floats(Opcode.VFSUB, floats(Opcode.VFADD, fraction, shifter), shifter);
        mayBeInexact();
        return vnarrow(16, vushr(32, vadd(32, rounded, vsub(32, exponent, vrepeat(32, ONE))), 16));
    }
}
