package io.stele.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.ir.softfloat.FloatEnvironment;
import io.stele.memory.RawMemory;
import java.lang.foreign.Arena;
import java.math.BigInteger;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The reference semantics of the operations on bits, flags, guest state and memory. */
class EvaluatorTest {
    private static final int FLAGS_OFFSET = 0x100;
    private static final int MONITOR_OFFSET = 0x800;
    private static final int STATE_BYTES = 0x1000;
    private static final int VIEW = 0;
    private static final long BASE = 0x1_0000;
    private static final long[] EDGES = {
        0, 1, -1, 2, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL, Long.MAX_VALUE, Long.MIN_VALUE, 0x1234_5678_9abc_def0L,
    };

    private final Arena arena = Arena.ofConfined();
    private final long cpu = arena.allocate(STATE_BYTES, 4096).address();
    private final long memory = arena.allocate(4096, 4096).address();
    private final Evaluator b = new Evaluator(FLAGS_OFFSET, MONITOR_OFFSET, new FlatMemory());

    @BeforeEach
    void attach() {
        b.attach(cpu);
        b.setPage(0x4000, VIEW);
        b.beginInstruction(0x10, 0);
    }

    @AfterEach
    void release() {
        arena.close();
    }

    @Test
    void writesTakeEffectTogetherAtTheEndOfTheInstruction() {
        RawMemory.putLong(cpu + 8, 5);
        b.writeReg(64, 8, 7);
        b.writeVec(0x200, new Vec(1, 2));
        b.writeFlags(HostFlags.fromNzcv(9));
        assertEquals(5, b.readReg(64, 8));
        b.endInstruction();
        assertEquals(7, b.readReg(64, 8));
        assertEquals(new Vec(1, 2), b.readVec(0x200));
        assertEquals(9, HostFlags.toNzcv((int) b.readFlags()));
    }

    @Test
    void writesOfAnInstructionThatFaultsAreDropped() {
        b.writeReg(64, 8, 7);
        assertThrows(IndexOutOfBoundsException.class, () -> b.load(8, false, 64, 0, VIEW));
        b.beginInstruction(0x10, 0);
        b.endInstruction();
        assertEquals(0, b.readReg(64, 8));
    }

    @Test
    void registersOf32BitsAreZeroExtended() {
        RawMemory.putLong(cpu + 8, -1);
        assertEquals(0xffff_ffffL, b.readReg(32, 8));
        b.writeReg(32, 8, 0x8000_0000L);
        b.endInstruction();
        assertEquals(0x8000_0000L, b.readReg(64, 8));
    }

    @Test
    void jumpsAreRelativeToTheCodePage() {
        assertEquals(0x4010, b.pageAddress(b.pcOffset()));
        b.jumpIf(0, 0x20);
        assertFalse(b.branched());
        b.jumpIf(1, -8);
        assertTrue(b.branched());
        assertEquals(0x3ff8, b.nextPc());
    }

    @Test
    void additionsSetAllFlags() {
        for (int w = 32; w <= 64; w += 32) {
            for (long x : EDGES) {
                for (long y : EDGES) {
                    for (int carry = 0; carry < 2; carry++) {
                        checkAddition(w, b.constant(w, x), b.constant(w, y), carry);
                    }
                }
            }
        }
    }

    private void checkAddition(int w, long x, long y, int carry) {
        BigInteger modulus = BigInteger.ONE.shiftLeft(w);
        BigInteger unsigned = unsigned(x).add(unsigned(y)).add(BigInteger.valueOf(carry));
        BigInteger signed = signed(w, x).add(signed(w, y)).add(BigInteger.valueOf(carry));
        long r = b.adcs(w, x, y, HostFlags.fromNzcv(carry << 1));
        assertEquals(unsigned.mod(modulus), unsigned(r));
        int expected = (r >>> w - 1 != 0 ? 8 : 0) | (r == 0 ? 4 : 0) | (unsigned.compareTo(modulus) >= 0 ? 2 : 0)
            | (signed.equals(signed(w, r)) ? 0 : 1);
        assertEquals(expected, b.nzcvFromFlags(b.flagsOf(r)), () -> Long.toHexString(x) + " + " + Long.toHexString(y) + " + " + carry);
        long difference = b.sbcs(w, x, y, HostFlags.fromNzcv(carry << 1));
        assertEquals(unsigned(x).subtract(unsigned(y)).subtract(BigInteger.valueOf(1 - carry)).mod(modulus), unsigned(difference));
    }

    private static BigInteger unsigned(long v) {
        return new BigInteger(Long.toUnsignedString(v));
    }

    private static BigInteger signed(int w, long v) {
        return BigInteger.valueOf(w == 32 ? (int) v : v);
    }

    @Test
    void narrowOperationsIgnoreAndClearTheUpperHalf() {
        assertEquals(0xf800_0000L, b.ashr(32, 0x8000_0000L, 4));
        assertEquals(0x8000_0000L, b.ror(32, 1, 1));
        assertEquals(0xffff_ffffL, b.not(32, 0));
        assertEquals(28, b.clz(32, 15));
        assertEquals(31, b.cls(32, 0xffff_ffffL));
        assertEquals(0x8000_0000L, b.rbit(32, 1));
        assertEquals(0x7856_3412L, b.rev(32, 32, 0x1234_5678L));
        assertEquals(0x3412_7856L, b.rev(32, 16, 0x1234_5678L));
        assertEquals(0x8000_0000L, b.sdiv(32, 0x8000_0000L, 0xffff_ffffL));
        assertEquals(0, b.udiv(64, 5, 0));
        assertEquals(0x7856_3412_f0de_bc9aL, b.rev(64, 32, 0x1234_5678_9abc_def0L));
        assertEquals(0x5678_9abcL, b.extract(32, 0x1234_5678L, 0x9abc_def0L, 16));
        assertEquals(0xffff_fff8L, b.sbfx(32, 0x80, 4, 4));
        assertEquals(0xff5fL, b.bfi(32, 0xffff, 5, 4, 4));
    }

    @Test
    void crcIsThatOfTheStandard() {
        byte[] data = {1, 2, 3, 4, 5, 6, 7, (byte) 0x88};
        CRC32 crc = new CRC32();
        crc.update(data);
        CRC32C castagnoli = new CRC32C();
        castagnoli.update(data);
        long v = 0x8807_0605_0403_0201L;
        assertEquals(crc.getValue(), b.crc32(false, 8, 0xffff_ffffL, v) ^ 0xffff_ffffL);
        assertEquals(castagnoli.getValue(), b.crc32(true, 8, 0xffff_ffffL, v) ^ 0xffff_ffffL);
    }

    @Test
    void loadsExtend() {
        RawMemory.putLong(memory, 0xfedc_ba98_7654_3280L);
        assertEquals(0x80, b.load(1, false, 64, BASE, VIEW));
        assertEquals(0xffff_ff80L, b.load(1, true, 32, BASE, VIEW));
        assertEquals(-128, b.load(1, true, 64, BASE, VIEW));
        assertEquals(0x7654_3280, b.load(4, true, 64, BASE, VIEW));
        assertEquals(new Vec(0x3280, 0), b.loadVec(2, BASE, VIEW));
    }

    @Test
    void atomicsOfAllSizesKeepTheirNeighbours() {
        for (int size = 1; size <= 8; size *= 2) {
            RawMemory.putLong(memory, 0x8070_6050_4030_2010L);
            long old = b.atomicRmw(IrBuilder.RMW_ADD, size, BASE, 0xff, VIEW);
            assertEquals(RawMemory.get(size, memory), old + 0xff & -1L >>> 64 - 8 * size);
            if (size < 8) {
                assertEquals(0x8070_6050_4030_2010L >>> 8 * size, RawMemory.getLong(memory) >>> 8 * size);
            }
        }
        RawMemory.putLong(memory, 0x80);
        b.atomicRmw(IrBuilder.RMW_SMAX, 1, BASE, 1, VIEW);
        assertEquals(1, RawMemory.getLong(memory));
        b.atomicRmw(IrBuilder.RMW_UMAX, 1, BASE, 0xf0, VIEW);
        assertEquals(0xf0, RawMemory.getLong(memory));
        assertEquals(0xf0, b.compareAndSwap(2, BASE, 0x1_00f0, 0x1234, VIEW));
        assertEquals(0x1234, RawMemory.getLong(memory));
        Vec pair = b.compareAndSwapPair(8, BASE, 0x1234, 0, 5, 6, VIEW);
        assertEquals(new Vec(0x1234, 0), pair);
        assertEquals(6, RawMemory.getLong(memory + 8));
    }

    @Test
    void exclusiveStoreNeedsAMonitorAndAnUnchangedValue() {
        RawMemory.putLong(cpu + MONITOR_OFFSET, -1);
        RawMemory.putLong(memory, 5);
        assertEquals(1, b.storeExclusive(8, BASE, 6, VIEW));
        assertEquals(5, b.loadExclusive(8, BASE, VIEW));
        assertEquals(0, b.storeExclusive(8, BASE, 6, VIEW));
        assertEquals(1, b.storeExclusive(8, BASE, 7, VIEW));
        b.loadExclusive(8, BASE, VIEW);
        RawMemory.putLong(memory, 9);
        assertEquals(1, b.storeExclusive(8, BASE, 7, VIEW));
        assertEquals(9, RawMemory.getLong(memory));
        b.loadExclusivePair(4, BASE, VIEW);
        assertEquals(0, b.storeExclusivePair(4, BASE, 1, 2, VIEW));
        assertEquals(0x2_0000_0001L, RawMemory.getLong(memory));
    }

    @Test
    void interpretHasNoMeaningWhileInterpreting() {
        assertThrows(IllegalStateException.class, b::interpret);
        assertThrows(IllegalStateException.class, () -> b.flagsOf(b.adds(64, 1, 2) + 1));
    }

    @Test
    void permutationsAreInversesOfEachOther() {
        SplittableRandom random = new SplittableRandom(1);
        for (int e = 8; e <= 64; e *= 2) {
            Vec x = new Vec(random.nextLong(), random.nextLong());
            Vec y = new Vec(random.nextLong(), random.nextLong());
            Vec low = b.vzip1(e, x, y);
            Vec high = b.vzip2(e, x, y);
            assertEquals(x, b.vuzp1(e, low, high));
            assertEquals(y, b.vuzp2(e, low, high));
            assertEquals(x, b.vtrn1(e, b.vtrn1(e, x, y), b.vtrn2(e, x, y)));
            assertEquals(x, b.vrev(64, e, b.vrev(64, e, x)));
            if (e < 64) {
                assertEquals(new Vec(x.lo(), 0), b.vnarrow(e, b.vwidenS(e, x)));
                assertEquals(new Vec(x.lo(), 0), b.vnarrow(e, b.vwidenU(e, x)));
            }
            Vec lane = Vec.ZERO;
            for (int i = 0; i < 128 / e; i++) {
                lane = b.vinsert(e, lane, i, b.vextract(e, x, i));
            }
            assertEquals(x, lane);
        }
    }

    @Test
    void saturationIsNoted() {
        b.floats().clearFlags();
        assertEquals(new Vec(0x7f01, 0), b.vsqadd(8, new Vec(0x7f00, 0), new Vec(0x0101, 0)));
        assertEquals(FloatEnvironment.SATURATED, b.floats().flags());
        b.floats().clearFlags();
        assertEquals(new Vec(0x7f01, 0), b.vsqadd(8, new Vec(0x7e00, 0), new Vec(0x0101, 0)));
        assertEquals(0, b.floats().flags());
    }

    /** 4096 bytes from {@link #BASE}. */
    private final class FlatMemory implements EvaluatorMemory {
        private long host(int size, long va) {
            return memory + java.util.Objects.checkFromIndexSize(va - BASE, size, 4096);
        }

        @Override
        public long load(int size, long va, int view) {
            return RawMemory.get(size, host(size, va));
        }

        @Override
        public void store(int size, long va, long value, int view) {
            RawMemory.put(size, host(size, va), value);
        }

        @Override
        public void storeVec(int size, long va, Vec value, int view) {
            throw new UnsupportedOperationException("not used here");
        }

        @Override
        public void requireAligned(int size, long va, int view, boolean write) {
            assertEquals(0, va & size - 1);
        }

        @Override
        public long atomicAddress(int size, long va, int view, boolean write) {
            requireAligned(size, va, view, write);
            return host(size, va);
        }
    }
}
