package io.stele.runtime.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.ir.IrBuilder;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.runtime.FakeIsa;
import io.stele.runtime.RuntimeVm;
import io.stele.runtime.common.MachineLock;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.RegionMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** While a block is translated others have the lock, and change what it is made for. */
class TranslationRaceTest {
    private static final long PHYSICAL = 0x4000_0000L;
    private static final long OTHER = 0x4100_0000L;
    private static final int TAG = 0;
    private static final int MODE = 0;
    /** Of the last instruction, which nothing follows that would be translated with it. */
    private static final int OFFSET = 0xffc;
    private static final int OLD = 0x1234_5678;
    private static final int NEW = 0x2345_6789;
    private static final long PATIENCE_MILLIS = 20_000;

    private RuntimeVm vm;
    private MachineLock lock;
    private CodeCache code;
    private HostMemory contents;
    private HostMemory others;
    /** What another thread does while the next block is translated. */
    private Runnable race;

    /** Each instruction leaves with its word as argument. */
    private final class LeavingIsa extends FakeIsa {
        @Override
        public void translate(long codePage, int offset, int codeMode, int maxInstructions, IrBuilder builder) {
            Runnable now = race;
            race = null;
            if (now != null) {
                elsewhere(now);
            }
            builder.reset(offset, codeMode, PRIVILEGED);
            int word = RawMemory.getInt(codePage + offset);
            builder.beginInstruction(offset, word);
            builder.leave(1, word);
            builder.endInstruction();
        }
    }

    private void elsewhere(Runnable action) {
        Thread thread = new Thread(() -> lock.with(action));
        thread.setDaemon(true);
        thread.start();
        try {
            thread.join(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        if (thread.isAlive()) {
            throw new AssertionError("others do not get the lock");
        }
    }

    @BeforeEach
    void start() {
        vm = new RuntimeVm();
        lock = new MachineLock(vm.statistics);
        FakeIsa isa = new LeavingIsa();
        code = new CodeCache(vm.host(), isa, physical -> 0, new RegionMap(isa, vm.cpus), vm.cpus, lock, vm.statistics, line -> {
            throw new AssertionError(line);
        });
        contents = HostMemory.map(4096);
        others = HostMemory.map(4096);
        RawMemory.putInt(contents.address() + OFFSET, OLD);
        lock.lock();
    }

    @AfterEach
    void end() {
        if (vm != null) {
            lock.unlock();
            code.close();
            contents.close();
            others.close();
            vm.close();
        }
    }

    private long enter(int offset) {
        return code.enter(vm.cpu, PHYSICAL | offset, PHYSICAL, contents.address(), MODE, TAG);
    }

    /** As a vCPU goes on: until nobody has interfered. */
    private long enterAgain(long physical, HostMemory bytes, int offset) {
        for (int n = 0; n < 3; n++) {
            long address = code.enter(vm.cpu, physical | offset, physical, bytes.address(), MODE, TAG);
            if (address != 0) {
                return address;
            }
        }
        throw new AssertionError("no code");
    }

    /** Whether the code at an address is that of a word. */
    private boolean isOf(long address, int word) {
        for (long p = vm.host() + address; p < vm.host() + address + 200; p++) {
            if (RawMemory.getInt(p) == word) {
                return true;
            }
        }
        return false;
    }

    @Test
    void whereNobodyInterferesTheCodeIsEnteredAtOnce() {
        long address = enter(OFFSET);
        assertTrue(isOf(address, OLD));
        assertEquals(address, enter(OFFSET));
        assertEquals(1, vm.statistics.blocks);
    }

    @Test
    void othersHaveTheLockMeanwhileAndThenEverythingIsLookedAtAgain() {
        race = () -> { };
        assertEquals(0, enter(OFFSET));
        assertTrue(isOf(enter(OFFSET), OLD));
        assertEquals(1, vm.statistics.blocks, "the block is not lost");
    }

    @Test
    void theBytesOfThePageBecomeOthers() {
        race = () -> {
            RawMemory.putInt(contents.address() + OFFSET, NEW);
            code.finder().modified(PHYSICAL, 4096);
        };
        assertEquals(0, enter(OFFSET));
        assertTrue(isOf(enterAgain(PHYSICAL, contents, OFFSET), NEW));
        RawMemory.putInt(contents.address() + OFFSET, OLD);
        code.finder().modified(PHYSICAL, 4096);
        assertTrue(isOf(enterAgain(PHYSICAL, contents, OFFSET), OLD));
        assertEquals(2, vm.statistics.blocks, "code of the bytes of before is there still");
    }

    @Test
    void theNumberOfThePageStandsForOtherBytes() {
        enter(0);
        // Data beside the code: nothing is announced, and the page's code is of several states of it.
        RawMemory.putInt(contents.address() + OFFSET, OLD + 1);
        race = () -> {
            RawMemory.putInt(contents.address() + OFFSET, NEW);
            code.finder().modified(PHYSICAL, 4096);
            enterAgain(PHYSICAL, contents, 0);
        };
        assertEquals(0, enter(OFFSET));
        long address = enterAgain(PHYSICAL, contents, OFFSET);
        assertTrue(isOf(address, NEW));
        assertFalse(isOf(address, OLD + 1));
    }

    @Test
    void anotherThreadMakesTheSameBlock() {
        long[] made = {0};
        race = () -> made[0] = enter(OFFSET);
        assertEquals(0, enter(OFFSET));
        assertNotEquals(0, made[0]);
        assertEquals(made[0], enter(OFFSET));
        assertEquals(1, vm.statistics.blocks);
    }

    @Test
    void allCodeIsDroppedAndAnotherPageGetsTheNumber() {
        RawMemory.putInt(others.address() + OFFSET, NEW);
        race = () -> {
            code.reachNear();
            enterAgain(OTHER, others, 0);
        };
        assertEquals(0, enter(OFFSET));
        assertTrue(isOf(enterAgain(OTHER, others, OFFSET), NEW));
        assertTrue(isOf(enterAgain(PHYSICAL, contents, OFFSET), OLD));
    }

    @Test
    void thePageIsEvicted() {
        long[] blocks = {0};
        race = () -> {
            for (int n = 0; vm.statistics.codeEvictions == 0; n++) {
                assertTrue(n <= VmLayout.ENTRY_TABLE_COUNT, "nothing is evicted");
                RawMemory.putInt(others.address() + OFFSET, n);
                enterAgain(OTHER + n * 4096L, others, OFFSET);
            }
            blocks[0] = vm.statistics.blocks;
        };
        assertEquals(0, enter(OFFSET));
        assertEquals(blocks[0], vm.statistics.blocks, "nothing is put in place for a page that is gone");
        assertTrue(isOf(enterAgain(PHYSICAL, contents, OFFSET), OLD));
    }
}
