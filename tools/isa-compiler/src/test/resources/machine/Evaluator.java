package io.stele.ir;

import java.util.Map;
import java.util.TreeMap;

/** Stands for the evaluator in tests: registers by offset; writes take effect in {@link #end}. */
public final class Evaluator {
    public final Map<Integer, Object> state = new TreeMap<>();
    public final Map<Long, Long> memory = new TreeMap<>();
    public String ending = "";
    private final Map<Integer, Object> writes = new TreeMap<>();

    public void end() {
        state.putAll(writes);
        writes.clear();
    }

    private static long mask(int w, long v) {
        return w == 32 ? v & 0xffff_ffffL : v;
    }

    public long readReg(int w, int offset) {
        return mask(w, (Long) state.getOrDefault(offset, 0L));
    }

    public void writeReg(int w, int offset, long v) {
        writes.put(offset, v);
    }

    public Vec readVec(int offset) {
        return (Vec) state.getOrDefault(offset, new Vec(0, 0));
    }

    public void writeVec(int offset, Vec v) {
        writes.put(offset, v);
    }

    public long readFlags() {
        return (Long) state.getOrDefault(-1, 0L);
    }

    public void writeFlags(long f) {
        writes.put(-1, f);
    }

    public long loadState(int size, int offset) {
        return (Long) state.getOrDefault(offset, 0L);
    }

    public void storeState(int size, int offset, long v) {
        state.put(offset, size == 4 ? v & 0xffff_ffffL : v);
    }

    public long constant(int w, long n) {
        return mask(w, n);
    }

    public long add(int w, long a, long b) {
        return mask(w, a + b);
    }

    public long sub(int w, long a, long b) {
        return mask(w, a - b);
    }

    public long and(int w, long a, long b) {
        return a & b;
    }

    public long shl(int w, long a, long b) {
        return mask(w, a << (b & (w - 1)));
    }

    public long neg(int w, long a) {
        return mask(w, -a);
    }

    public long zext(int from, int w, long a) {
        return a & (1L << from) - 1;
    }

    public long trunc(long a) {
        return mask(32, a);
    }

    public long select(int w, long c, long a, long b) {
        return c != 0 ? a : b;
    }

    public long isZero(int w, long a) {
        return a == 0 ? 1 : 0;
    }

    public long condNot(long c) {
        return c ^ 1;
    }

    public long flagsOf(long v) {
        return v == 0 ? 1 << 14 : 0;
    }

    public long load(int size, long addr) {
        return memory.getOrDefault(addr, 0L);
    }

    public void store(int size, long addr, long v) {
        memory.put(addr, v);
    }

    public void jump(long offset) {
        ending = "jump " + offset;
    }

    public Vec vadd(int e, Vec a, Vec b) {
        return new Vec(a.lo() + b.lo(), a.hi() + b.hi());
    }

    public int place() {
        return 3;
    }

    public Vec vrare(int e, Vec a) {
        return new Vec(a.hi(), a.lo());
    }
}
