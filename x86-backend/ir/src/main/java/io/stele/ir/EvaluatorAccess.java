package io.stele.ir;

import io.stele.memory.RawMemory;
import java.lang.invoke.VarHandle;

/** Memory operations: plain and ordered accesses, atomics, and exclusives as a compare-and-swap against the value loaded. */
abstract class EvaluatorAccess extends EvaluatorBits {
    /** Host processors swap 16 bytes at once, Java does not: atomic with respect to other evaluators only. */
    private static final Object SIXTEEN_BYTES = new Object();

    private static final int FENCE_LOAD = 1;
    private static final int FENCE_STORE = 2;
    private static final int FENCE_PAUSE = 3;

    /** The exclusive monitor: four longs, address (-1: clear), size in bytes, low and high half of the value loaded. */
    public static final int MONITOR_BYTES = 32;
    private static final int MONITOR_ADDRESS = 0;
    private static final int MONITOR_SIZE = 8;
    private static final int MONITOR_LOW = 16;
    private static final int MONITOR_HIGH = 24;

    private final int monitorOffset;
    private final EvaluatorMemory memory;

    EvaluatorAccess(int flagsOffset, int monitorOffset, EvaluatorMemory memory) {
        super(flagsOffset);
        this.monitorOffset = monitorOffset;
        this.memory = memory;
    }

    public final long load(int size, boolean signed, int w, long addr, int view) {
        long v = memory.load(size, addr, view(view));
        return signed ? fit(w, v << 64 - 8 * size >> 64 - 8 * size) : v;
    }

    public final void store(int size, long addr, long v, int view) {
        memory.store(size, addr, v, view(view));
    }

    public final Vec loadVec(int size, long addr, int view) {
        return memory.loadVec(size, addr, view(view));
    }

    public final void storeVec(int size, long addr, Vec v, int view) {
        memory.storeVec(size, addr, v, view(view));
    }

    public final long loadAcquire(int size, boolean signed, int w, long addr, int view) {
        memory.requireAligned(size, addr, view(view), false);
        long v = load(size, signed, w, addr, view);
        VarHandle.acquireFence();
        return v;
    }

    /** A release store that later acquires may not pass: the pair is sequentially consistent, as on the guest. */
    public final void storeRelease(int size, long addr, long v, int view) {
        memory.requireAligned(size, addr, view(view), true);
        VarHandle.releaseFence();
        memory.store(size, addr, v, view(view));
        VarHandle.fullFence();
    }

    public final void fence(int kind) {
        switch (kind) {
            case FENCE_LOAD -> VarHandle.acquireFence();
            case FENCE_STORE -> VarHandle.storeStoreFence();
            case FENCE_PAUSE -> Thread.onSpinWait();
            default -> VarHandle.fullFence();
        }
    }

    public final long atomicRmw(int op, int size, long addr, long v, int view) {
        long host = memory.atomicAddress(size, addr, view(view), true);
        int shift = 64 - 8 * size;
        long operand = v << shift >>> shift;
        while (true) {
            long old = RawMemory.get(size, host);
            long signedOld = old << shift >> shift;
            long signedOperand = operand << shift >> shift;
            long updated = switch (op) {
                case IrBuilder.RMW_ADD -> old + operand;
                case IrBuilder.RMW_CLR -> old & ~operand;
                case IrBuilder.RMW_XOR -> old ^ operand;
                case IrBuilder.RMW_SET -> old | operand;
                case IrBuilder.RMW_SMAX -> signedOld >= signedOperand ? old : operand;
                case IrBuilder.RMW_SMIN -> signedOld <= signedOperand ? old : operand;
                case IrBuilder.RMW_UMAX -> Long.compareUnsigned(old, operand) >= 0 ? old : operand;
                case IrBuilder.RMW_UMIN -> Long.compareUnsigned(old, operand) <= 0 ? old : operand;
                case IrBuilder.RMW_SWAP -> operand;
                default -> throw new IllegalArgumentException("atomic operation " + op);
            };
            if (exchange(size, host, old, updated)) {
                return old;
            }
        }
    }

    /** As {@link IrBuilder#copyBytes}. */
    public final void copyBytes(long to, long from, long number, int viewTo, int viewFrom) {
        if (branched()) {
            return;
        }
        int count = (int) number;
        long[] words = new long[count / 8];
        for (int i = 0; i < words.length; i++) {
            words[i] = memory.load(8, from + 8L * i, view(viewFrom));
        }
        long rest = 0;
        for (int i = count & -8; i < count; i++) {
            rest |= memory.load(1, from + i, view(viewFrom)) << 8 * i;
        }
        for (int i = 0; i < words.length; i++) {
            memory.store(8, to + 8L * i, words[i], view(viewTo));
        }
        for (int i = count & -8; i < count; i++) {
            memory.store(1, to + i, rest >>> 8 * i, view(viewTo));
        }
    }

    public final void fillBytes(long to, long v, long number, int view) {
        if (branched()) {
            return;
        }
        int count = (int) number;
        for (int i = 0; i + 8 <= count; i += 8) {
            memory.store(8, to + i, (v & 0xff) * 0x0101_0101_0101_0101L, view(view));
        }
        for (int i = count & -8; i < count; i++) {
            memory.store(1, to + i, v, view(view));
        }
    }

    public final long compareAndSwap(int size, long addr, long expected, long v, int view) {
        long host = memory.atomicAddress(size, addr, view(view), true);
        int shift = 64 - 8 * size;
        long wanted = expected << shift >>> shift;
        while (true) {
            long old = RawMemory.get(size, host);
            if (old != wanted || exchange(size, host, old, v)) {
                return old;
            }
        }
    }

    /** {@code size} is that of one element, 4 or 8; the old values are the halves of the result. */
    public final Vec compareAndSwapPair(int size, long addr, long expLo, long expHi, long lo, long hi, int view) {
        if (size == 4) {
            long old = compareAndSwap(8, addr, join(expLo, expHi), join(lo, hi), view);
            return new Vec(old & 0xffff_ffffL, old >>> 32);
        }
        long host = memory.atomicAddress(16, addr, view(view), true);
        synchronized (SIXTEEN_BYTES) {
            Vec old = new Vec(RawMemory.getLongVolatile(host), RawMemory.getLongVolatile(host + 8));
            if (old.lo() == expLo && old.hi() == expHi) {
                RawMemory.putLongVolatile(host, lo);
                RawMemory.putLongVolatile(host + 8, hi);
            }
            return old;
        }
    }

    public final long pairLow(Vec r) {
        return r.lo();
    }

    public final long pairHigh(Vec r) {
        return r.hi();
    }

    public final long loadExclusive(int size, long addr, int view) {
        long v = RawMemory.get(size, memory.atomicAddress(size, addr, view(view), false));
        VarHandle.acquireFence();
        monitor(addr, size, v, 0);
        return v;
    }

    public final Vec loadExclusivePair(int size, long addr, int view) {
        long host = memory.atomicAddress(2 * size, addr, view(view), false);
        Vec v;
        if (size == 4) {
            long both = RawMemory.getLongVolatile(host);
            v = new Vec(both & 0xffff_ffffL, both >>> 32);
        } else {
            synchronized (SIXTEEN_BYTES) {
                v = new Vec(RawMemory.getLongVolatile(host), RawMemory.getLongVolatile(host + 8));
            }
        }
        monitor(addr, 2 * size, v.lo(), v.hi());
        return v;
    }

    public final long storeExclusive(int size, long addr, long v, int view) {
        long host = memory.atomicAddress(size, addr, view(view), true);
        boolean stored = monitors(addr, size) && exchange(size, host, monitorField(MONITOR_LOW), v);
        clearExclusive();
        return bool(!stored);
    }

    public final long storeExclusivePair(int size, long addr, long lo, long hi, int view) {
        memory.atomicAddress(2 * size, addr, view(view), true);
        boolean stored = false;
        if (monitors(addr, 2 * size)) {
            long expLo = monitorField(MONITOR_LOW);
            long expHi = monitorField(MONITOR_HIGH);
            Vec old = compareAndSwapPair(size, addr, expLo, expHi, lo, hi, view);
            stored = old.lo() == expLo && old.hi() == expHi;
        }
        clearExclusive();
        return bool(!stored);
    }

    public final void clearExclusive() {
        setMonitorField(MONITOR_ADDRESS, -1);
    }

    private void monitor(long addr, int size, long low, long high) {
        setMonitorField(MONITOR_ADDRESS, addr);
        setMonitorField(MONITOR_SIZE, size);
        setMonitorField(MONITOR_LOW, low);
        setMonitorField(MONITOR_HIGH, high);
    }

    private long monitorField(int field) {
        return RawMemory.getLong(state() + monitorOffset + field);
    }

    private void setMonitorField(int field, long value) {
        RawMemory.putLong(state() + monitorOffset + field, value);
    }

    private boolean monitors(long addr, int size) {
        return monitorField(MONITOR_ADDRESS) == addr && monitorField(MONITOR_SIZE) == size;
    }

    private static long join(long lo, long hi) {
        return lo & 0xffff_ffffL | hi << 32;
    }

    /** Atomic compare-and-set of the low {@code size} bytes; narrow ones through the aligned word around them. */
    private static boolean exchange(int size, long host, long expected, long v) {
        if (size == 8) {
            return RawMemory.compareAndSetLong(host, expected, v);
        }
        if (size == 4) {
            return RawMemory.compareAndSetInt(host, (int) expected, (int) v);
        }
        long word = host & ~3;
        int shift = (int) (host & 3) * 8;
        int mask = (1 << 8 * size) - 1 << shift;
        while (true) {
            int old = RawMemory.getIntVolatile(word);
            if ((old & mask) != ((int) expected << shift & mask)) {
                return false;
            }
            if (RawMemory.compareAndSetInt(word, old, old & ~mask | (int) v << shift & mask)) {
                return true;
            }
        }
    }
}
