package io.stele.ir.softfloat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Arithmetic against Java's where Java has the operation, and known results for what is Arm's choice. */
class SoftFloatTest {
    private static final int RANDOM_OPERANDS = 20_000;
    /** Comparisons with exact arithmetic are slow. */
    private static final int EXACT_OPERANDS = 500;
    private static final long[] DOUBLES = {
        0, 1, 0x000f_ffff_ffff_ffffL, 0x0010_0000_0000_0000L, 0x0010_0000_0000_0001L, 0x3fe0_0000_0000_0000L, 0x3ff0_0000_0000_0000L,
        0x3ff0_0000_0000_0001L, 0x3fef_ffff_ffff_ffffL, 0x3ff8_0000_0000_0000L, 0x4340_0000_0000_0000L, 0x4330_0000_0000_0001L,
        0x41df_ffff_ffe0_0000L, 0x43e0_0000_0000_0000L, 0x7fef_ffff_ffff_ffffL, 0x7ff0_0000_0000_0000L, 0x3810_0000_0000_0000L,
        0x47ef_ffff_f000_0000L, 0x36a0_0000_0000_0000L, 0x3e70_0000_0000_0000L, 0x7ff8_0000_0000_0000L,
    };
    private static final int[] SINGLES = {
        0, 1, 0x007f_ffff, 0x0080_0000, 0x0080_0001, 0x3f00_0000, 0x3f80_0000, 0x3f80_0001, 0x3f7f_ffff, 0x3fc0_0000, 0x4b80_0000,
        0x4b00_0001, 0x4eff_ffff, 0x5f00_0000, 0x7f7f_ffff, 0x7f80_0000, 0x477f_f000, 0x3380_0000, 0x7fc0_0000,
    };

    private final SoftFloat soft = new SoftFloat();
    private final SplittableRandom random = new SplittableRandom(5);

    private interface DoublePair {
        void check(double x, double y);
    }

    private interface SinglePair {
        void check(float x, float y);
    }

    private void doubles(DoublePair check) {
        doubles(RANDOM_OPERANDS, check);
    }

    private void doubles(int randomOperands, DoublePair check) {
        for (long x : DOUBLES) {
            for (long y : DOUBLES) {
                for (int signs = 0; signs < 4; signs++) {
                    check.check(Double.longBitsToDouble(x | (long) signs << 63), Double.longBitsToDouble(y | (long) (signs >> 1) << 63));
                }
            }
        }
        for (int i = 0; i < randomOperands; i++) {
            long x = random.nextLong();
            long near = i % 2 == 0 ? random.nextLong() : x ^ random.nextLong() >>> 11 + random.nextInt(53) ^ random.nextLong() << 63;
            check.check(Double.longBitsToDouble(x), Double.longBitsToDouble(near));
        }
    }

    private void singles(SinglePair check) {
        for (int x : SINGLES) {
            for (int y : SINGLES) {
                for (int signs = 0; signs < 4; signs++) {
                    check.check(Float.intBitsToFloat(x | signs << 31), Float.intBitsToFloat(y | signs >> 1 << 31));
                }
            }
        }
        for (int i = 0; i < RANDOM_OPERANDS; i++) {
            check.check(Float.intBitsToFloat(random.nextInt()), Float.intBitsToFloat(random.nextInt()));
        }
    }

    private static long bits(double v) {
        return Double.doubleToRawLongBits(v);
    }

    private static long bits(float v) {
        return Float.floatToRawIntBits(v) & 0xffff_ffffL;
    }

    private static void same(double expected, long actual, String what) {
        if (Double.isNaN(expected)) {
            assertTrue(Double.isNaN(Double.longBitsToDouble(actual)), () -> what + " is NaN, found " + Long.toHexString(actual));
        } else {
            assertEquals(Long.toHexString(bits(expected)), Long.toHexString(actual), what);
        }
    }

    private static void same(float expected, long actual, String what) {
        if (Float.isNaN(expected)) {
            assertTrue(Float.isNaN(Float.intBitsToFloat((int) actual)), () -> what + " is NaN, found " + Long.toHexString(actual));
        } else {
            assertEquals(Long.toHexString(bits(expected)), Long.toHexString(actual), what);
        }
    }

    @Test
    void doubleArithmeticIsThatOfJava() {
        doubles((x, y) -> {
            String operands = x + ", " + y;
            same(x + y, soft.add(64, bits(x), bits(y)), "add " + operands);
            same(x - y, soft.sub(64, bits(x), bits(y)), "sub " + operands);
            same(x * y, soft.mul(64, bits(x), bits(y)), "mul " + operands);
            same(x / y, soft.div(64, bits(x), bits(y)), "div " + operands);
            same(Math.sqrt(x), soft.sqrt(64, bits(x)), "sqrt " + x);
            same(Math.fma(x, y, x), soft.mulAdd(64, bits(x), bits(x), bits(y)), "fma " + operands);
            double nearby = -x * y;
            same(Math.fma(x, y, nearby), soft.mulAdd(64, bits(nearby), bits(x), bits(y)), "fma with cancellation " + operands);
        });
    }

    @Test
    void singleArithmeticIsThatOfJava() {
        singles((x, y) -> {
            String operands = x + ", " + y;
            same(x + y, soft.add(32, bits(x), bits(y)), "add " + operands);
            same(x - y, soft.sub(32, bits(x), bits(y)), "sub " + operands);
            same(x * y, soft.mul(32, bits(x), bits(y)), "mul " + operands);
            same(x / y, soft.div(32, bits(x), bits(y)), "div " + operands);
            same((float) Math.sqrt(x), soft.sqrt(32, bits(x)), "sqrt " + x);
            same(Math.fma(x, y, y), soft.mulAdd(32, bits(y), bits(x), bits(y)), "fma " + operands);
        });
    }

    @Test
    void conversionsAreThoseOfJava() {
        doubles((x, y) -> {
            same((float) x, soft.convert(64, 32, bits(x)), "to single " + x);
            assertEquals((int) x & 0xffff_ffffL, soft.toInteger(64, 32, true, FloatEnvironment.TOWARDS_ZERO, 0, bits(x)), "to int " + x);
            assertEquals((long) x, soft.toInteger(64, 64, true, FloatEnvironment.TOWARDS_ZERO, 0, bits(x)), "to long " + x);
            same(Math.rint(x), soft.roundToInteger(64, FloatEnvironment.NEAREST_EVEN, false, bits(x)), "rint " + x);
            same(Math.ceil(x), soft.roundToInteger(64, FloatEnvironment.TOWARDS_POSITIVE, false, bits(x)), "ceil " + x);
            same(Math.floor(x), soft.roundToInteger(64, FloatEnvironment.TOWARDS_NEGATIVE, false, bits(x)), "floor " + x);
            long n = bits(x);
            same((double) n, soft.fromInteger(64, true, 64, 0, n), "to double " + n);
            same((float) n, soft.fromInteger(64, true, 32, 0, n), "to single " + n);
            same((float) (int) n, soft.fromInteger(32, true, 32, 0, n), "int to single " + (int) n);
            same((double) (n & 0xffff_ffffL), soft.fromInteger(32, false, 64, 0, n), "unsigned to double " + n);
        });
        singles((x, y) -> {
            same((double) x, soft.convert(32, 64, bits(x)), "to double " + x);
            if (!Float.isNaN(x)) {
                assertEquals(Float.floatToFloat16(x) & 0xffffL, soft.convert(32, 16, bits(x)), "to half " + x);
            }
            assertEquals((long) x, soft.toInteger(32, 64, true, FloatEnvironment.TOWARDS_ZERO, 0, bits(x)), "to long " + x);
        });
        for (int half = 0; half < 0x1_0000; half++) {
            same(Float.float16ToFloat((short) half), soft.convert(16, 32, half), "half " + half);
        }
    }

    @Test
    void directedRoundingEnclosesTheExactResult() {
        doubles(EXACT_OPERANDS, (x, y) -> {
            if (!Double.isFinite(x) || !Double.isFinite(y)) {
                return;
            }
            soft.setControl(FloatEnvironment.TOWARDS_POSITIVE);
            double sumUp = Double.longBitsToDouble(soft.add(64, bits(x), bits(y)));
            double productUp = Double.longBitsToDouble(soft.mul(64, bits(x), bits(y)));
            soft.setControl(FloatEnvironment.TOWARDS_NEGATIVE);
            double sumDown = Double.longBitsToDouble(soft.add(64, bits(x), bits(y)));
            double productDown = Double.longBitsToDouble(soft.mul(64, bits(x), bits(y)));
            encloses(sumDown, new BigDecimal(x).add(new BigDecimal(y)), sumUp, "sum of " + x + ", " + y);
            encloses(productDown, new BigDecimal(x).multiply(new BigDecimal(y)), productUp, "product of " + x + ", " + y);
        });
    }

    private static void encloses(double down, BigDecimal exact, double up, String what) {
        assertTrue(down == Double.NEGATIVE_INFINITY || new BigDecimal(down).compareTo(exact) <= 0, what);
        assertTrue(up == Double.POSITIVE_INFINITY || new BigDecimal(up).compareTo(exact) >= 0, what);
        assertTrue(down == up || Math.nextUp(down) == up || down == 0 && up == 0, what);
    }

    private void expect(long result, int flags, long actual) {
        assertEquals(Long.toHexString(result), Long.toHexString(actual));
        assertEquals(Integer.toHexString(flags), Integer.toHexString(soft.flags()));
        soft.clearFlags();
    }

    @Test
    void nansPropagateAsArmSays() {
        long one = bits(1.0f);
        expect(0x7fc0_1234L, 0, soft.add(32, one, 0x7fc0_1234L));
        expect(0x7fc0_5678L, FloatEnvironment.INVALID, soft.add(32, 0x7fc0_1234L, 0x7f80_5678L));
        expect(0xffc0_0001L, FloatEnvironment.INVALID, soft.mul(32, 0xff80_0001L, 0x7f80_0002L));
        expect(0x7fc0_0000L, FloatEnvironment.INVALID, soft.mul(32, 0, bits(Float.POSITIVE_INFINITY)));
        expect(0x7fc0_0000L, FloatEnvironment.INVALID, soft.mulAdd(32, 0x7fc0_1234L, 0, bits(Float.POSITIVE_INFINITY)));
        expect(0x7fc0_1234L, 0, soft.mulAdd(32, 0x7fc0_1234L, 0x7fc0_5678L, 0));
        expect(one, 0, soft.maxNumber(32, 0x7fc0_1234L, one));
        expect(0x7fc0_1234L, FloatEnvironment.INVALID, soft.maxNumber(32, one, 0x7f80_1234L));
        soft.setControl(FloatEnvironment.DEFAULT_NAN);
        expect(0x7fc0_0000L, 0, soft.add(32, one, 0xffc0_1234L));
    }

    @Test
    void flagsTellWhatHappened() {
        expect(bits(Float.POSITIVE_INFINITY), FloatEnvironment.DIVIDE_BY_ZERO, soft.div(32, bits(1f), 0));
        expect(bits(Float.POSITIVE_INFINITY), FloatEnvironment.OVERFLOW | FloatEnvironment.INEXACT,
            soft.mul(32, bits(Float.MAX_VALUE), bits(2f)));
        expect(1, FloatEnvironment.UNDERFLOW | FloatEnvironment.INEXACT, soft.mul(32, 1, bits(0.75f)));
        expect(1, 0, soft.mul(32, 2, bits(0.5f)));
        soft.setControl(FloatEnvironment.FLUSH_TO_ZERO);
        expect(0x8000_0000L, FloatEnvironment.INPUT_DENORMAL, soft.mul(32, 0x8000_0001L, bits(1f)));
        expect(0, FloatEnvironment.UNDERFLOW, soft.mul(32, 0x0080_0000L, bits(0.5f)));
        soft.setControl(FloatEnvironment.ALTERNATIVE_HALF);
        expect(0x7fff, FloatEnvironment.INVALID, soft.convert(32, 16, bits(Float.POSITIVE_INFINITY)));
        expect(bits(131008f), 0, soft.convert(16, 32, 0x7fff));
    }

    @Test
    void estimatesAreWithinTheirBounds() {
        singles((x, y) -> {
            if (x >= 0x1p-100f && x <= 0x1p100f) {
                float reciprocal = Float.intBitsToFloat((int) soft.reciprocalEstimate(32, bits(x)));
                float root = Float.intBitsToFloat((int) soft.reciprocalRootEstimate(32, bits(x)));
                assertEquals(1.0, (double) reciprocal * x, 1.0 / 256, "reciprocal of " + x);
                assertEquals(1.0, (double) root * root * x, 1.0 / 64, "reciprocal root of " + x);
            }
        });
    }
}
