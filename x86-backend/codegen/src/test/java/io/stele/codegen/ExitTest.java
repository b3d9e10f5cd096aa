package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.ir.IrBuilder;
import io.stele.memory.RawMemory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Blocks leave as the runtime expects: links, probes, interrupts, region misses. */
class ExitTest {
    private static final long PAGE = 0x7654_3000L;
    private static final int X0 = 0;
    private static final int X1 = 8;
    private static final int X2 = 16;
    private static final NativeCode NATIVE = new NativeCode();
    private static final long SECOND = NATIVE.code + 0x8000;

    private BlockCompiler compiler = new BlockCompiler(NativeCode.LAYOUT, NativeCode.hostFeatures());
    private final IrBuilder b = new IrBuilder();
    private final CompiledBlock block = new CompiledBlock();

    @BeforeEach
    void clear() {
        for (int i = 0; i < CpuArea.BYTES; i += 8) {
            RawMemory.putLong(NATIVE.cpu + i, 0);
        }
        for (int i = 0; i < RegionLookup.BYTES; i += RegionLookup.ENTRY_BYTES) {
            RawMemory.putLong(NATIVE.cpu + CpuArea.REGION_TABLE + i, RegionLookup.EMPTY);
        }
        for (int i = 0; i < CpuArea.PROBE_ENTRIES; i++) {
            RawMemory.putLong(NATIVE.cpu + CpuArea.PROBE_TABLE + 16 * i, CpuArea.NO_PAGE);
        }
        RawMemory.putInt(NATIVE.cpu + CpuArea.INTERRUPT_PENDING, CpuArea.NOTHING_PENDING);
    }

    private static long field(int offset) {
        return RawMemory.getLong(NATIVE.cpu + offset);
    }

    private static long pc() {
        return field(NativeCode.LAYOUT.pcOffset());
    }

    private void compile(long address, RegionGuess guess) {
        compiler.compile(b, address, NATIVE.stubs, guess, block);
        NATIVE.install(compiler, block, address);
    }

    /** X0 = X0 + n in an instruction of its own. */
    private void addToX0(int offset, long n) {
        b.beginInstruction(offset, 0);
        b.writeReg(64, X0, b.add(64, b.readReg(64, X0), b.constant(64, n)));
        b.endInstruction();
    }

    private void endWithJump(int offset, long target) {
        b.beginInstruction(offset, 0);
        b.jump(target);
        b.endInstruction();
    }

    @Test
    void directExitLeavesWithItsPlaceUntilItIsLinked() {
        b.reset(0x100, 0, 1);
        addToX0(0x100, 5);
        endWithJump(0x104, 0x200);
        compile(NATIVE.code, NativeCode.IDENTITY);
        assertEquals(Stubs.REASON_LINK, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(PAGE + 0x200, pc());
        assertEquals(5, field(X0));
        assertEquals(1, block.exitCount());
        assertEquals(0x200, block.exitTarget(0));
        long patch = NATIVE.code + block.exitPatchOffset(0);
        assertEquals(patch, field(CpuArea.LEAVE_ARGUMENT));
        assertEquals(patch / 8, (patch + 3) / 8);

        b.reset(0x200, 0, 1);
        addToX0(0x200, 100);
        b.beginInstruction(0x204, 0);
        b.leave(7, 0x123456789abcL);
        b.endInstruction();
        compile(SECOND, NativeCode.IDENTITY);
        RawMemory.putInt(patch, (int) (SECOND - (patch + 4)));
        assertEquals(7, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(110, field(X0));
        assertEquals(PAGE + 0x204, pc());
        assertEquals(0x123456789abcL, field(CpuArea.LEAVE_ARGUMENT));
    }

    @Test
    void loopToTheOwnEntryRunsUntilItsSideExit() {
        b.reset(0, 0, 1);
        addToX0(0, 3);
        b.beginInstruction(4, 0);
        int r = b.subs(64, b.readReg(64, X1), b.constant(64, 1));
        b.writeReg(64, X1, r);
        b.writeFlags(b.flagsOf(r));
        b.endInstruction();
        b.beginInstruction(8, 0);
        b.jumpIf(b.test(0, b.readFlags()), 0x40);
        b.endInstruction();
        endWithJump(12, 0);
        compile(NATIVE.code, NativeCode.IDENTITY);
        RawMemory.putLong(NATIVE.cpu + X1, 1000);
        assertEquals(Stubs.REASON_LINK, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(PAGE + 0x40, pc());
        assertEquals(3000, field(X0));
        boolean self = false;
        for (int i = 0; i < block.exitCount(); i++) {
            self |= block.exitTarget(i) == 0 && block.exitStubOffset(i) == -1;
        }
        assertTrue(self);
    }

    @Test
    void backwardJumpNoticesAPendingInterrupt() {
        b.reset(8, 0, 1);
        addToX0(8, 1);
        endWithJump(12, 8);
        compile(NATIVE.code, NativeCode.IDENTITY);
        RawMemory.putInt(NATIVE.cpu + CpuArea.INTERRUPT_PENDING, CpuArea.INTERRUPT);
        assertEquals(Stubs.REASON_INTERRUPT, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(PAGE + 8, pc());
        assertEquals(1, field(X0));
    }

    private void indirect() {
        indirect(IrBuilder.HINT_CALL);
    }

    private void indirect(int hint) {
        b.reset(0, 0, 1);
        addToX0(0, 1);
        b.beginInstruction(4, 0);
        b.writeReg(64, X2, b.pageAddress(8));
        b.jumpIndirect(b.readReg(64, X1), hint);
        b.endInstruction();
        compile(NATIVE.code, NativeCode.IDENTITY);
    }

    @Test
    void indirectJumpWithoutEntryLeavesWithMiss() {
        indirect();
        RawMemory.putLong(NATIVE.cpu + X1, 0xffff_8000_0001_2344L);
        assertEquals(Stubs.REASON_MISS, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(0xffff_8000_0001_2344L, pc());
        assertEquals(PAGE + 8, field(X2));
        assertEquals(1, field(X0));
    }

    /** Page {@code va} has code for the instruction at {@code offset}: a block that leaves with reason 9 and X0 = its page address. */
    private void target(long va, int offset, int tag) {
        b.reset(offset, 0, 1);
        b.beginInstruction(offset, 0);
        b.writeReg(64, X0, b.pageAddress(0));
        b.endInstruction();
        b.beginInstruction(offset + 4, 0);
        b.leave(9, 0);
        b.endInstruction();
        compile(SECOND, NativeCode.IDENTITY);
        long table = NATIVE.data;
        for (int i = 0; i < 1024; i++) {
            RawMemory.putInt(table + 4 * i, 0);
        }
        RawMemory.putInt(table + offset, (int) (SECOND - NATIVE.stubs.codeBase()));
        long entry = NATIVE.cpu + CpuArea.PROBE_TABLE + 16 * (va >>> 12 & CpuArea.PROBE_ENTRIES - 1);
        RawMemory.putLong(entry, CpuArea.probeKey(va & -4096, tag));
        RawMemory.putLong(entry + 8, table);
        RawMemory.putInt(NATIVE.cpu + CpuArea.CONTEXT, CpuArea.contextWord(tag));
    }

    @Test
    void indirectJumpFindsTheEntryInTheProbeTable() {
        long va = 0xffff_8000_7777_5123L & -4;
        target(va, (int) va & 0xfff, 0x5c);
        indirect();
        RawMemory.putLong(NATIVE.cpu + X1, va);
        assertEquals(9, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(va & -4096, field(X0));
        RawMemory.putInt(NATIVE.cpu + CpuArea.CONTEXT, CpuArea.contextWord(0x58));
        assertEquals(Stubs.REASON_MISS, NATIVE.run(NATIVE.code, PAGE));
    }

    /** Also where all bits of an address are set that what is pending could clear or set. */
    @Test
    void jumpsToOtherPagesNoticeWhatIsPending() {
        for (long va : new long[] {0, 0x40_0010, 0x7f_ffff_f010L, 0xffff_0000_0000_0010L, 0xffff_ffff_8765_4010L & -1L << 36}) {
            for (int pending : new int[] {CpuArea.INTERRUPT, CpuArea.SAMPLE, CpuArea.VISIT, CpuArea.INTERRUPT | CpuArea.SAMPLE | CpuArea.VISIT}) {
                target(va, (int) va & 0xfff, 0x5c);
                indirect();
                RawMemory.putLong(NATIVE.cpu + X1, va);
                assertEquals(9, NATIVE.run(NATIVE.code, PAGE));
                RawMemory.putInt(NATIVE.cpu + CpuArea.INTERRUPT_PENDING, pending);
                assertEquals(Stubs.REASON_INTERRUPT, NATIVE.run(NATIVE.code, PAGE));
                assertEquals(va, pc());
                RawMemory.putInt(NATIVE.cpu + CpuArea.INTERRUPT_PENDING, CpuArea.NOTHING_PENDING);
            }
        }
        target(PAGE + 0x2010, 0x10, 0);
        b.reset(0, 0, 1);
        addToX0(0, 1);
        endWithJump(4, 0x2010);
        compile(NATIVE.code, NativeCode.IDENTITY);
        RawMemory.putInt(NATIVE.cpu + CpuArea.INTERRUPT_PENDING, CpuArea.VISIT);
        RawMemory.putLong(NATIVE.cpu + X0, 6);
        assertEquals(Stubs.REASON_INTERRUPT, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(PAGE + 0x2010, pc());
        assertEquals(7, field(X0));
    }

    @Test
    void processorsWithoutBmiFindAndNoticeTheSame() {
        compiler = new BlockCompiler(NativeCode.LAYOUT, HostFeatures.BASELINE);
        indirectJumpFindsTheEntryInTheProbeTable();
        indirectJumpToAnUnalignedAddressLeaves();
        jumpsToOtherPagesNoticeWhatIsPending();
        clear();
        aJumpToAnotherContextNeedsTheNextOneAndNoticesWhatIsPending();
    }

    @Test
    void aJumpToAnotherContextNeedsTheNextOneAndNoticesWhatIsPending() {
        long va = 0xffff_8000_7777_5800L;
        target(va, (int) va & 0xfff, 0x5c);
        indirect(IrBuilder.HINT_CONTEXT);
        RawMemory.putLong(NATIVE.cpu + X1, va);
        RawMemory.putLong(NATIVE.cpu + CpuArea.NEXT_CONTEXT, CpuArea.contextWord(0x60));
        assertEquals(Stubs.REASON_MISS, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(va, pc());
        RawMemory.putLong(NATIVE.cpu + CpuArea.NEXT_CONTEXT, CpuArea.contextWord(0x5c));
        assertEquals(9, NATIVE.run(NATIVE.code, PAGE));
        RawMemory.putInt(NATIVE.cpu + CpuArea.INTERRUPT_PENDING, CpuArea.INTERRUPT);
        assertEquals(Stubs.REASON_INTERRUPT, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(va, pc());
    }

    @Test
    void noKeyOfAPageIsWhatIsLeftOfAnotherOneWhileSomethingIsPending() {
        long[] pages = {0, 0x40_0000, 0x7fff_ffff_f000L, 0xffff_8000_0000_0000L, 0xffff_fff7_ffff_f000L, 0xffff_fff8_0000_0000L, -4096};
        for (int pending = 1; pending <= (CpuArea.INTERRUPT | CpuArea.SAMPLE | CpuArea.VISIT); pending++) {
            for (long page : pages) {
                assertFalse(CpuArea.isProbed(CpuArea.probeKey(page, 0x5c) & ((long) pending << 32 | 0xffff_ffffL)));
            }
        }
        for (long page : pages) {
            assertEquals(page < 0xffff_fff8_0000_0000L || page >= 0, CpuArea.isProbed(CpuArea.probeKey(page, 0x5c)), Long.toHexString(page));
        }
    }

    @Test
    void indirectJumpToAnUnalignedAddressLeaves() {
        long va = 0x5_5555_5100L;
        target(va, 0x100, 0);
        indirect();
        RawMemory.putLong(NATIVE.cpu + X1, va + 2);
        assertEquals(Stubs.REASON_MISS, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(va + 2, pc());
    }

    @Test
    void directJumpToAnotherPageGoesThroughTheProbeTable() {
        target(PAGE + 0x2010, 0x10, 0);
        b.reset(0, 0, 1);
        endWithJump(0, 0x2010);
        compile(NATIVE.code, NativeCode.IDENTITY);
        assertEquals(9, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(PAGE + 0x2000, field(X0));
    }

    /** K slot 3, which is for another region than that of all addresses. */
    private static RegionGuess wrongGuess() {
        RawMemory.putInt(NATIVE.cpu + CpuArea.regionId(1, 3), 0xabcdef);
        return (view, baseStateOffset, pageOffset) -> {
            assertEquals(1, view);
            return 3;
        };
    }

    @Test
    void wrongRegionGuessCallsTheMissStubWithPreciseStateAndCanBePatched() {
        b.reset(0, 0, 1);
        addToX0(0, 77);
        b.beginInstruction(4, 0);
        int r = b.subs(32, b.readReg(32, X0), b.constant(32, 100));
        b.writeFlags(b.flagsOf(r));
        b.endInstruction();
        b.beginInstruction(8, 0);
        b.writeReg(64, X1, b.load(8, false, 64, b.add(64, b.readReg(64, X1), b.constant(64, 16)), IrBuilder.VIEW_CURRENT));
        b.endInstruction();
        endWithJump(12, 0x100);
        compile(NATIVE.code, wrongGuess());
        RawMemory.putLong(NATIVE.cpu + X1, NATIVE.data);
        RawMemory.putLong(NATIVE.data + 16, 4242);
        assertEquals(NativeCode.REASON_REGION_MISS, NATIVE.run(NATIVE.code, PAGE));
        int back = (int) (field(CpuArea.TRAP_FRAME + 16 * 8) - NATIVE.code);
        int region = block.findRegion(back);
        assertEquals(0, region);
        assertEquals(1, block.regionView(region));
        int site = block.findSite(back);
        assertNotEquals(-1, site);
        block.restoreState(site, NATIVE.cpu + CpuArea.TRAP_FRAME, NATIVE.cpu, PAGE);
        assertEquals(PAGE + 8, pc());
        assertEquals(77, field(X0));
        assertEquals(io.stele.ir.HostFlags.N, RawMemory.getInt(NATIVE.cpu + NativeCode.LAYOUT.flagsOffset()) & io.stele.ir.HostFlags.MASK);

        assertEquals(CpuArea.regionId(1, 3) - CpuArea.BASE_BIAS, RawMemory.getInt(NATIVE.code + block.regionIdentityOffset(region)));
        RawMemory.putInt(NATIVE.code + block.regionIdentityOffset(region), CpuArea.regionId(1, 5) - CpuArea.BASE_BIAS);
        assertEquals(CpuArea.regionK(1, 3) - CpuArea.BASE_BIAS, RawMemory.getInt(NATIVE.code + block.regionDisplacementOffset(region)));
        RawMemory.putInt(NATIVE.code + block.regionDisplacementOffset(region), CpuArea.regionK(1, 5) - CpuArea.BASE_BIAS);
        RawMemory.putLong(NATIVE.cpu + X0, 0);
        assertEquals(Stubs.REASON_LINK, NATIVE.run(NATIVE.code, PAGE));
        assertEquals(4242, field(X1));
    }

    @Test
    void whereTheBaseIsNearTheCodeTheGuessIsMadeForItsAddress() {
        b.reset(0x100, 0, 1);
        b.beginInstruction(0x100, 0);
        b.writeReg(64, X0, b.load(8, false, 64, b.pageAddress(0x1234_5008), IrBuilder.VIEW_CURRENT));
        b.endInstruction();
        endWithJump(0x104, 0x200);
        compile(NATIVE.code, new RegionGuess() {
            @Override
            public int slot(int view, int baseStateOffset, int pageOffset) {
                throw new AssertionError("nothing is known of the base");
            }

            @Override
            public int nearSlot(int view, long distance, int pageOffset) {
                assertEquals(0x100, pageOffset);
                assertEquals(0x1234, distance >> 16);
                return 7;
            }
        });
        assertEquals(CpuArea.regionK(1, 7) - CpuArea.BASE_BIAS, RawMemory.getInt(NATIVE.code + block.regionDisplacementOffset(0)));
    }

    /** A load of [x1] into x0, whose region check fails. */
    private int loadWithWrongGuess(long address) {
        b.reset(0, 0, 1);
        b.beginInstruction(0, 0);
        b.writeReg(64, X0, b.load(8, false, 64, b.readReg(64, X1), IrBuilder.VIEW_CURRENT));
        b.endInstruction();
        endWithJump(4, 0x100);
        compile(NATIVE.code, wrongGuess());
        RawMemory.putLong(NATIVE.cpu + X1, address);
        RawMemory.putLong(NATIVE.data + 32, 4711);
        return NATIVE.run(NATIVE.code, PAGE);
    }

    private static void tell(long key, int way, long k) {
        long entry = NATIVE.cpu + CpuArea.REGION_TABLE + RegionLookup.set(key) + way * RegionLookup.ENTRY_BYTES;
        RawMemory.putLong(entry, key);
        RawMemory.putLong(entry + 8, k);
    }

    @Test
    void wrongRegionGuessIsAnsweredByTheRegionTableWithoutLeaving() {
        for (int way = 0; way < RegionLookup.WAYS; way++) {
            clear();
            tell(RegionLookup.regionKey(1, NATIVE.data), way, 32);
            assertEquals(Stubs.REASON_LINK, loadWithWrongGuess(NATIVE.data));
            assertEquals(4711, field(X0));
        }
    }

    @Test
    void regionsOfTheOtherViewAreNotFound() {
        tell(RegionLookup.regionKey(0, NATIVE.data), 0, 32);
        assertEquals(NativeCode.REASON_REGION_MISS, loadWithWrongGuess(NATIVE.data));
    }

    @Test
    void aGranuleIsFoundWhereItsRegionIsNot() {
        long far = 0xffff_1234_4000_0000L;
        tell(RegionLookup.granuleKey(1, far), 2, NATIVE.data + 32 - far);
        assertEquals(Stubs.REASON_LINK, loadWithWrongGuess(far));
        assertEquals(4711, field(X0));
        assertEquals(NativeCode.REASON_REGION_MISS, loadWithWrongGuess(far + (1L << 30)));
    }

    @Test
    void aTaggedAddressIsThatOfTheUntaggedUnlessTagsCount() {
        for (long untagged : new long[] {NATIVE.data, NATIVE.data | -1L << 55}) {
            for (long tag : new long[] {0, 1, 0x7f, 0x80, 0xff}) {
                clear();
                int half = untagged < 0 ? 1 : 0;
                tell(RegionLookup.regionKey(1, untagged), 0, NATIVE.data + 32 - untagged);
                RawMemory.putInt(NATIVE.cpu + CpuArea.TAGS_SIGNIFICANT + 4 * (1 - half), 1);
                long tagged = untagged & -1L >>> 8 | tag << 56;
                assertEquals(Stubs.REASON_LINK, loadWithWrongGuess(tagged), Long.toHexString(tagged));
                assertEquals(4711, field(X0));
                RawMemory.putInt(NATIVE.cpu + CpuArea.TAGS_SIGNIFICANT + 4 * half, 1);
                int reason = tagged == untagged ? Stubs.REASON_LINK : NativeCode.REASON_REGION_MISS;
                assertEquals(reason, loadWithWrongGuess(tagged), Long.toHexString(tagged));
            }
        }
    }

    @Test
    void accessesOffOneBaseShareOneRegionCheck() {
        b.reset(0, 0, 1);
        for (int i = 0; i < 4; i++) {
            b.beginInstruction(4 * i, 0);
            int address = b.add(64, b.readReg(64, X1), b.constant(64, 8));
            b.store(8, address, b.readReg(64, X0), IrBuilder.VIEW_CURRENT);
            b.writeReg(64, X1, address);
            b.endInstruction();
        }
        endWithJump(16, 0x100);
        compile(NATIVE.code, NativeCode.IDENTITY);
        assertEquals(1, block.regionCount());
    }

    @Test
    void listingTellsWhichCodeBelongsToWhichInstruction() {
        compiler.listing(true);
        b.reset(0, 0, 1);
        addToX0(0, 1);
        b.beginInstruction(4, 0);
        b.jumpIf(b.isZero(64, b.readReg(64, X0)), 0x80);
        b.endInstruction();
        endWithJump(8, 0x100);
        compile(NATIVE.code, NativeCode.IDENTITY);
        int[] r = block.listing;
        int inBody = 0;
        int outOfLine = 0;
        for (int i = 0; i < r.length; i += ListingRanges.FIELDS) {
            assertTrue(i == 0 || r[i + 2] >= r[i - ListingRanges.FIELDS + 2]);
            assertEquals(r[i + 3] == 1, r[i + 2] >= block.bodyLength);
            inBody += r[i + 3] == 0 ? 1 : 0;
            outOfLine += r[i + 3] == 1 && r[i] == 4 ? 1 : 0;
        }
        assertEquals(3, inBody);
        assertTrue(outOfLine > 0);
    }

    @Test
    void unalignedAtomicGoesToTheInterpreterWithTheStateBefore() {
        b.reset(0, 0, 1);
        addToX0(0, 1);
        b.beginInstruction(4, 0);
        b.writeReg(64, X0, b.atomicRmw(IrBuilder.RMW_ADD, 8, b.readReg(64, X1), b.readReg(64, X0), IrBuilder.VIEW_CURRENT));
        b.endInstruction();
        endWithJump(8, 0x100);
        compile(NATIVE.code, NativeCode.IDENTITY);
        RawMemory.putLong(NATIVE.cpu + X1, NATIVE.data + 4);
        assertEquals(NativeCode.REASON_INTERPRET_SITE, NATIVE.run(NATIVE.code, PAGE));
        NATIVE.restoreSite(block, NATIVE.code, PAGE);
        assertEquals(PAGE + 4, pc());
        assertEquals(1, field(X0));
    }
}
