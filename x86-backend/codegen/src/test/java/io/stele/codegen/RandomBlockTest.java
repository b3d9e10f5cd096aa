package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.stele.ir.Evaluator;
import io.stele.ir.EvaluatorMemory;
import io.stele.ir.HostFlags;
import io.stele.ir.IrBuilder;
import io.stele.ir.Vec;
import io.stele.memory.RawMemory;
import io.stele.x86.Relocations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Compiled blocks do what the evaluator does, and every site describes the state before its instruction. */
class RandomBlockTest {
    private static final long PAGE = 0x12345000L;
    private static final int STATE_BYTES = RandomProgram.V + 16 * RandomProgram.VECTORS;
    private static final NativeCode NATIVE = new NativeCode();

    /** Guest memory at host addresses. */
    private static final EvaluatorMemory MEMORY = new EvaluatorMemory() {
        @Override
        public long load(int size, long va, int view) {
            return RawMemory.get(size, va);
        }

        @Override
        public void store(int size, long va, long value, int view) {
            RawMemory.put(size, va, value);
        }

        @Override
        public void storeVec(int size, long va, Vec v, int view) {
            if (size == 16) {
                RawMemory.putLong(va, v.lo());
                RawMemory.putLong(va + 8, v.hi());
            } else {
                RawMemory.put(size, va, v.lo());
            }
        }

        @Override
        public void requireAligned(int size, long va, int view, boolean write) {
            assertEquals(0, va & size - 1);
        }

        @Override
        public long atomicAddress(int size, long va, int view, boolean write) {
            assertEquals(0, va & size - 1);
            return va;
        }
    };

    private BlockCompiler compiler = new BlockCompiler(NativeCode.LAYOUT, NativeCode.hostFeatures());
    private final IrBuilder builder = new IrBuilder();
    private final CompiledBlock block = new CompiledBlock();
    private final Evaluator evaluator = new Evaluator(NativeCode.LAYOUT.flagsOffset(), CpuArea.MONITOR_ADDRESS, MEMORY);
    private final Machine toEvaluator = new Machine(evaluator);

    /** State block, monitor and data. */
    private record Snapshot(byte[] state, byte[] data, long[] monitor) {
        static Snapshot take() {
            byte[] state = new byte[STATE_BYTES];
            byte[] data = new byte[NativeCode.DATA_BYTES];
            RawMemory.copy(NATIVE.cpu, state, 0, STATE_BYTES);
            RawMemory.copy(NATIVE.data, data, 0, data.length);
            long[] monitor = new long[4];
            for (int i = 0; i < 4; i++) {
                monitor[i] = RawMemory.getLong(NATIVE.cpu + CpuArea.MONITOR_ADDRESS + 8 * i);
            }
            return new Snapshot(state, data, monitor);
        }

        void restore() {
            RawMemory.copy(state, 0, NATIVE.cpu, STATE_BYTES);
            RawMemory.copy(data, 0, NATIVE.data, data.length);
            for (int i = 0; i < 4; i++) {
                RawMemory.putLong(NATIVE.cpu + CpuArea.MONITOR_ADDRESS + 8 * i, monitor[i]);
            }
        }
    }

    private static void randomState(Random random) {
        for (int i = 0; i < STATE_BYTES; i += 8) {
            long v = switch (random.nextInt(4)) {
                case 0 -> random.nextInt(4);
                case 1 -> -random.nextInt(4);
                case 2 -> 1L << random.nextInt(64);
                default -> random.nextLong();
            };
            if (i >= RandomProgram.V && random.nextInt(4) != 0) {
                v = random.nextBoolean() ? Double.doubleToRawLongBits(random.nextInt(1000) / 8.0 - 50) : twoFloats(random);
            }
            RawMemory.putLong(NATIVE.cpu + i, v);
        }
        for (int i = 0; i < RandomProgram.DATA_REGISTERS; i++) {
            RawMemory.putLong(NATIVE.cpu + RandomProgram.X + 8 * i, NATIVE.data + NativeCode.DATA_BYTES / 4 * (i + 1) & -16);
        }
        byte[] bytes = new byte[NativeCode.DATA_BYTES];
        random.nextBytes(bytes);
        RawMemory.copy(bytes, 0, NATIVE.data, bytes.length);
        RawMemory.putLong(NATIVE.cpu + CpuArea.MONITOR_ADDRESS, -1);
        for (int view = 0; view < 2; view++) {
            for (int slot = 0; slot < CpuArea.REGION_SLOTS; slot++) {
                RawMemory.putLong(NATIVE.cpu + CpuArea.regionK(view, slot), 0);
            }
        }
    }

    private static long twoFloats(Random random) {
        int lo = Float.floatToRawIntBits(random.nextInt(5) - 2);
        int hi = Float.floatToRawIntBits((float) random.nextGaussian() * 1e5f);
        return lo & 0xffff_ffffL | (long) hi << 32;
    }

    private static String compare(Snapshot expected, Snapshot actual, boolean memory) {
        for (int i = 0; i < STATE_BYTES; i += 8) {
            if (i == NativeCode.LAYOUT.pcOffset()) {
                continue;
            }
            long e = at(expected.state, i);
            long a = at(actual.state, i);
            if (i == NativeCode.LAYOUT.flagsOffset()) {
                e &= HostFlags.MASK;
                a &= HostFlags.MASK;
            }
            if (e != a) {
                String name = i < 248 ? "x" + i / 8 : i < RandomProgram.V ? "field " + i : "v" + (i - RandomProgram.V) / 16 + "." + i / 8 % 2;
                return name + " expected " + Long.toHexString(e) + " got " + Long.toHexString(a);
            }
        }
        int different = memory ? java.util.Arrays.mismatch(expected.data, actual.data) : -1;
        return different >= 0 ? "memory at " + different : null;
    }

    private static long at(byte[] b, int i) {
        long v = 0;
        for (int k = 7; k >= 0; k--) {
            v = v << 8 | b[i + k] & 0xff;
        }
        return v;
    }

    private static final long DISTANCE = 0x12340;
    private RandomProgram program;

    private void build(RandomProgram p) {
        program = p;
        p.build(builder);
        compiler.compile(builder, NATIVE.code + DISTANCE, NATIVE.stubs, NativeCode.IDENTITY, block);
        byte[] moved = Arrays.copyOf(compiler.code(), block.length);
        Relocations.apply(moved, 0, block.relocations, -DISTANCE);
        compiler.compile(builder, NATIVE.code, NATIVE.stubs, NativeCode.IDENTITY, block);
        assertArrayEquals(Arrays.copyOf(compiler.code(), block.length), moved, "moved");
    }

    private void check(RandomProgram p, long seed) {
        build(p);
        randomState(new Random(seed));
        Snapshot before = Snapshot.take();
        List<Snapshot> states = new ArrayList<>();
        evaluator.attach(NATIVE.cpu);
        evaluator.setPage(PAGE, 1);
        int n = p.code.size();
        int stop = n;
        long pc = PAGE + 4L * n + 4000;
        for (int i = 0; i < n; i++) {
            states.add(Snapshot.take());
            p.emit(i, toEvaluator);
            if (evaluator.branched()) {
                pc = evaluator.nextPc();
                stop = i + 1;
                break;
            }
        }
        states.add(Snapshot.take());
        before.restore();
        NATIVE.install(compiler, block, NATIVE.code);
        int reason = NATIVE.run(NATIVE.code, PAGE);
        if (reason == NativeCode.REASON_INTERPRET_SITE) {
            NATIVE.restoreSite(block, NATIVE.code, PAGE);
            reason = Stubs.REASON_INTERPRET;
        }
        long actualPc = RawMemory.getLong(NATIVE.cpu + NativeCode.LAYOUT.pcOffset());
        int at = stop;
        if (reason == Stubs.REASON_INTERPRET) {
            at = (int) (actualPc - PAGE) / 4;
            assertTrue(at <= stop, () -> "interpreted at " + Long.toHexString(actualPc) + describe(seed));
        } else {
            assertEquals(pc, actualPc, () -> "pc, reason " + RawMemory.getInt(NATIVE.cpu + CpuArea.LEAVE_REASON) + describe(seed));
        }
        String difference = compare(states.get(at), Snapshot.take(), true);
        if (difference != null) {
            fail(difference + " at " + at + describe(seed));
        }
        checkSites(before, states, stop, seed);
    }

    private void checkSites(Snapshot before, List<Snapshot> states, int stop, long seed) {
        for (int site = 0; site < block.siteCount(); site++) {
            int instruction = block.sitePageOffset(site) / 4;
            assertEquals(site, block.findSite(block.siteOffset(site)));
            if (block.siteOffset(site) > block.bodyLength || instruction >= stop) {
                continue;
            }
            before.restore();
            NATIVE.install(compiler, block, NATIVE.code);
            NATIVE.plantTrap(NATIVE.code + block.siteOffset(site));
            int reason = NATIVE.run(NATIVE.code, PAGE);
            if (reason != NativeCode.REASON_TRAP) {
                continue;
            }
            int thisSite = site;
            block.restoreState(site, NATIVE.cpu + CpuArea.TRAP_FRAME, NATIVE.cpu, PAGE);
            assertEquals(PAGE + 4L * instruction, RawMemory.getLong(NATIVE.cpu + NativeCode.LAYOUT.pcOffset()));
            String difference = compare(states.get(instruction), Snapshot.take(), false);
            if (difference != null) {
                fail("site " + thisSite + " at instruction " + instruction + ": " + difference + describe(seed));
            }
        }
    }

    private String describe(long seed) {
        StringBuilder text = new StringBuilder(" seed ").append(seed).append('\n');
        for (int i = 0; i < program.code.size(); i++) {
            var ins = program.code.get(i);
            text.append(i).append(": ").append(ins.kind()).append(' ').append(ins.name()).append(' ')
                .append(java.util.Arrays.toString(ins.p())).append('\n');
        }
        return text.append(Dumps.code(compiler.code(), block.length, NATIVE.code)).toString();
    }

    private static final int BLOCKS = Integer.getInteger("stele.test.blocks", 100);

    @Test
    void shortIntegerBlocksAgreeWithTheEvaluator() {
        for (long seed = 0; seed < 3 * BLOCKS; seed++) {
            check(new RandomProgram(seed, 4, RandomProgram.Theme.INTEGER), seed);
        }
    }

    @Test
    void longIntegerBlocksAgreeWithTheEvaluator() {
        for (long seed = 10_000; seed < 10_000 + BLOCKS; seed++) {
            check(new RandomProgram(seed, 60, RandomProgram.Theme.INTEGER), seed);
        }
    }

    @Test
    void shortVectorBlocksAgreeWithTheEvaluator() {
        for (long seed = 20_000; seed < 20_000 + 3 * BLOCKS; seed++) {
            check(new RandomProgram(seed, 4, RandomProgram.Theme.VECTOR), seed);
        }
    }

    @Test
    void longVectorBlocksAgreeWithTheEvaluator() {
        for (long seed = 30_000; seed < 30_000 + BLOCKS; seed++) {
            check(new RandomProgram(seed, 80, RandomProgram.Theme.VECTOR), seed);
        }
    }

    @Test
    void floatingPointBlocksAgreeWithTheEvaluator() {
        for (long seed = 40_000; seed < 40_000 + 3 * BLOCKS; seed++) {
            check(new RandomProgram(seed, seed % 3 == 0 ? 40 : 3, RandomProgram.Theme.FLOAT), seed);
        }
    }

    /** What is known of lanes must not change what is computed for them. */
    @Test
    void estimatesOfARepeatedLaneFillAllLanes() {
        for (String estimate : List.of("vfrecpe", "vfrsqrte")) {
            for (long width : new long[] {32, 64}) {
                for (long repeated : new long[] {32, 64}) {
                    for (long seed = 90_000; seed < 90_000 + BLOCKS; seed++) {
                        RandomProgram pair = new RandomProgram(seed, 0, RandomProgram.Theme.FLOAT);
                        pair.code.add(new RandomProgram.Instruction("float", "vdupLane", new long[] {repeated, 1, seed % 4, 0, 0, 0, 0, seed % 2}));
                        pair.code.add(new RandomProgram.Instruction("float", estimate, new long[] {width, 2, 1, 0, 0, 0, 0, 0}));
                        check(pair, seed);
                    }
                }
            }
        }
    }

    @Test
    void cryptographicBlocksAgreeWithTheEvaluatorWithAndWithoutEachExtensionOfTheHost() {
        for (int absent = 0; absent < 8; absent++) {
            builder.hostCryptography((absent & 1) == 0, (absent & 2) == 0, (absent & 4) == 0);
            for (long seed = 70_000; seed < 70_000 + BLOCKS; seed++) {
                check(new RandomProgram(seed, 16, RandomProgram.Theme.CRYPTO), seed);
            }
        }
    }

    @Test
    void vectorBlocksAgreeWithTheEvaluatorWithAndWithoutWhatTheHostHasBeyondAvx2() {
        HostFeatures all = NativeCode.hostFeatures();
        for (int absent = 1; absent < 16; absent++) {
            use(new HostFeatures(all.bmi1(), all.bmi2(), all.lzcnt(), all.avx2(), all.fma(), all.aes(), all.pclmulqdq(), all.sha(),
                all.gfni() && (absent & 1) == 0, all.avx512() && (absent & 2) == 0, all.vbmi() && (absent & 6) == 0,
                all.bitalg() && (absent & 10) == 0));
            for (long seed = 80_000; seed < 80_000 + BLOCKS; seed++) {
                check(new RandomProgram(seed, 16, seed % 3 == 0 ? RandomProgram.Theme.FLOAT : RandomProgram.Theme.VECTOR), seed);
            }
        }
    }

    private void use(HostFeatures host) {
        compiler = new BlockCompiler(NativeCode.LAYOUT, host);
        host.tell(builder);
    }

    @Test
    void codeForTheBaselineHostAgreesWithTheEvaluator() {
        use(HostFeatures.BASELINE);
        RandomProgram.Theme[] themes = RandomProgram.Theme.values();
        for (long seed = 50_000; seed < 50_000 + 3 * BLOCKS; seed++) {
            check(new RandomProgram(seed, 10, themes[(int) seed % themes.length]), seed);
        }
    }

    @Test
    void veryLongBlocksDoNotRunOutOfSpillSlots() {
        RandomProgram.Theme[] themes = RandomProgram.Theme.values();
        for (long seed = 60_000; seed < 60_030; seed++) {
            build(new RandomProgram(seed, 500, themes[(int) seed % themes.length]));
            assertTrue(block.length > 0);
        }
    }
}
