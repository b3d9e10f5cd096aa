package io.stele.ir;

/** Vector operations that move bits: constants, lanes in and out, bitwise logic, permutations, tables. */
abstract class EvaluatorVectors extends EvaluatorAccess {
    EvaluatorVectors(int flagsOffset, int monitorOffset, EvaluatorMemory memory) {
        super(flagsOffset, monitorOffset, memory);
    }

    public final Vec vzero() {
        return Vec.ZERO;
    }

    public final Vec vconst(long lo, long hi) {
        return new Vec(lo, hi);
    }

    public final Vec vlow64(Vec a) {
        return new Vec(a.lo(), 0);
    }

    public final Vec vhigh64(Vec a) {
        return new Vec(a.hi(), 0);
    }

    public final Vec vcombine(Vec lo, Vec hi) {
        return new Vec(lo.lo(), hi.lo());
    }

    public final Vec vscalar(int e, long bits) {
        return new Vec(bits & -1L >>> 64 - e, 0);
    }

    public final Vec vdup(int e, long bits) {
        long half = Lanes.repeat(e, bits);
        return new Vec(half, half);
    }

    public final Vec vdupLane(int e, Vec v, int i) {
        return vdup(e, v.lane(e, i));
    }

    public final Vec vinsert(int e, Vec v, int i, long bits) {
        return v.withLane(e, i, bits);
    }

    public final Vec vinsertLane(int e, Vec dst, int i, Vec src, int j) {
        return dst.withLane(e, i, src.lane(e, j));
    }

    public final long vextract(int e, Vec v, int i) {
        return v.lane(e, i);
    }

    public final long vextractSigned(int e, Vec v, int i) {
        return v.lane(e, i) << 64 - e >> 64 - e;
    }

    public final Vec vand(Vec a, Vec b) {
        return new Vec(a.lo() & b.lo(), a.hi() & b.hi());
    }

    public final Vec vor(Vec a, Vec b) {
        return new Vec(a.lo() | b.lo(), a.hi() | b.hi());
    }

    public final Vec vxor(Vec a, Vec b) {
        return new Vec(a.lo() ^ b.lo(), a.hi() ^ b.hi());
    }

    public final Vec vandn(Vec a, Vec b) {
        return new Vec(a.lo() & ~b.lo(), a.hi() & ~b.hi());
    }

    public final Vec vorn(Vec a, Vec b) {
        return new Vec(a.lo() | ~b.lo(), a.hi() | ~b.hi());
    }

    public final Vec vnot(Vec a) {
        return new Vec(~a.lo(), ~a.hi());
    }

    public final Vec vbsl(Vec mask, Vec a, Vec b) {
        return new Vec(a.lo() & mask.lo() | b.lo() & ~mask.lo(), a.hi() & mask.hi() | b.hi() & ~mask.hi());
    }

    public final Vec vzip1(int e, Vec a, Vec b) {
        return interleave(e, a.lo(), b.lo());
    }

    public final Vec vzip2(int e, Vec a, Vec b) {
        return interleave(e, a.hi(), b.hi());
    }

    private static Vec interleave(int e, long a, long b) {
        return e == 64 ? new Vec(a, b)
                : new Vec(spread(e, a) | spread(e, b) << e, spread(e, a >>> 32) | spread(e, b >>> 32) << e);
    }

    /** Lanes of the low 32 bits, each followed by an empty one. */
    private static long spread(int e, long half) {
        long r = 0;
        for (int bit = 0; bit < 32; bit += e) {
            r |= (half >>> bit & (1L << e) - 1) << 2 * bit;
        }
        return r;
    }

    /** Even lanes in the low 32 bits. */
    private static long gather(int e, long half) {
        long r = 0;
        for (int bit = 0; bit < 32; bit += e) {
            r |= (half >>> 2 * bit & (1L << e) - 1) << bit;
        }
        return r;
    }

    public final Vec vuzp1(int e, Vec a, Vec b) {
        return e == 64 ? new Vec(a.lo(), b.lo())
                : new Vec(gather(e, a.lo()) | gather(e, a.hi()) << 32, gather(e, b.lo()) | gather(e, b.hi()) << 32);
    }

    public final Vec vuzp2(int e, Vec a, Vec b) {
        return e == 64 ? new Vec(a.hi(), b.hi())
                : new Vec(gather(e, a.lo() >>> e) | gather(e, a.hi() >>> e) << 32, gather(e, b.lo() >>> e) | gather(e, b.hi() >>> e) << 32);
    }

    public final Vec vtrn1(int e, Vec a, Vec b) {
        long even = evenLanes(e);
        return e == 64 ? new Vec(a.lo(), b.lo())
                : new Vec(a.lo() & even | (b.lo() & even) << e, a.hi() & even | (b.hi() & even) << e);
    }

    public final Vec vtrn2(int e, Vec a, Vec b) {
        long even = evenLanes(e);
        return e == 64 ? new Vec(a.hi(), b.hi())
                : new Vec(a.lo() >>> e & even | b.lo() & ~even, a.hi() >>> e & even | b.hi() & ~even);
    }

    private static long evenLanes(int e) {
        return e == 64 ? -1 : Lanes.repeat(2 * e, (1L << e) - 1);
    }

    public final Vec vext(Vec a, Vec b, int bytes) {
        return switch (bytes >> 3) {
            case 0 -> new Vec(funnel(a.lo(), a.hi(), bytes), funnel(a.hi(), b.lo(), bytes));
            case 1 -> new Vec(funnel(a.hi(), b.lo(), bytes - 8), funnel(b.lo(), b.hi(), bytes - 8));
            default -> b;
        };
    }

    private static long funnel(long low, long high, int bytes) {
        return bytes == 0 ? low : low >>> 8 * bytes | high << 64 - 8 * bytes;
    }

    /** Reverses the e-bit lanes in each container. */
    public final Vec vrev(int container, int e, Vec a) {
        return new Vec(reverse(container, e, a.lo()), reverse(container, e, a.hi()));
    }

    private static long reverse(int container, int e, long half) {
        long r = half;
        for (int step = e; step < container; step *= 2) {
            long even = evenLanes(step);
            r = r >>> step & even | (r & even) << step;
        }
        return r;
    }

    /** Bytes of the n tables by index; an index outside takes the byte of {@code fallback}. */
    public final Vec vtable(int n, Vec t0, Vec t1, Vec t2, Vec t3, Vec idx, Vec fallback) {
        long lo = 0;
        long hi = 0;
        for (int i = 0; i < 8; i++) {
            lo |= entry(n, t0, t1, t2, t3, (int) idx.lane(8, i), fallback.lane(8, i)) << 8 * i;
            hi |= entry(n, t0, t1, t2, t3, (int) idx.lane(8, i + 8), fallback.lane(8, i + 8)) << 8 * i;
        }
        return new Vec(lo, hi);
    }

    private static long entry(int n, Vec t0, Vec t1, Vec t2, Vec t3, int index, long fallback) {
        if (index >= 16 * n) {
            return fallback;
        }
        Vec table = switch (index >> 4) {
            case 0 -> t0;
            case 1 -> t1;
            case 2 -> t2;
            default -> t3;
        };
        return table.lane(8, index & 15);
    }

    public final Vec vnarrow(int e, Vec a) {
        return new Vec(gather(e, a.lo()) | gather(e, a.hi()) << 32, 0);
    }

    public final Vec vwidenU(int e, Vec a) {
        return new Vec(spread(e, a.lo()), spread(e, a.lo() >>> 32));
    }

    public final Vec vwidenS(int e, Vec a) {
        return vsshr(2 * e, new Vec(spread(e, a.lo()) << e, spread(e, a.lo() >>> 32) << e), e);
    }

    public abstract Vec vsshr(int e, Vec a, int n);
}
