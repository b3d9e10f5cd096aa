package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.memory.RawMemory;
import io.stele.x86.Assembler;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A region check that fails, with each pair of registers, executed on the host. */
class RegionMissStubsTest {
    private static final NativeCode NATIVE = new NativeCode();
    private static final int VIEW = 1;
    private static final int K_SLOT = 3;
    private static final long ADDRESS = 0x7f_0012_3456_7890L;
    private static final long K = 0x1234_5000_0000L;

    static Stream<Arguments> registers() {
        return IntStream.range(0, 256).filter(n -> isUsed(n >> 4) && isUsed(n & 15) && n >> 4 != (n & 15))
            .mapToObj(n -> Arguments.of(n >> 4, n & 15));
    }

    private static boolean isUsed(int register) {
        return register != Reg.RSP && register != Reg.RBP;
    }

    private static long initial(int register) {
        return 0x1111_1111_1111_1111L * register;
    }

    /** Checks an address with all other registers known. @return why the code left */
    private static int check(int k, int base) {
        Assembler asm = new Assembler();
        asm.reset(NATIVE.code);
        for (int r = 0; r < 16; r++) {
            if (isUsed(r)) {
                asm.ri(Op.MOV, 64, r, r == base ? ADDRESS : initial(r));
            }
        }
        int miss = asm.newLabel();
        new RegionCheckCode(k, base, NativeCode.hostFeatures()).emit(asm, VIEW, K_SLOT, miss);
        long behind = asm.address();
        asm.callTo(NATIVE.trap);
        asm.bind(miss);
        asm.callTo(NATIVE.stubs.regionMiss(VIEW, k, base));
        long told = asm.address();
        asm.jmpTo(behind);
        asm.checkLabels();
        RawMemory.copy(asm.code().array(), 0, NATIVE.code, asm.position());
        int reason = NATIVE.run(NATIVE.code, 0);
        long rip = RawMemory.getLong(NATIVE.cpu + CpuArea.TRAP_FRAME + 16 * 8);
        assertEquals(reason == NativeCode.REASON_TRAP ? behind + 5 : told, rip);
        for (int r = 0; r < 16; r++) {
            if (isUsed(r) && r != k) {
                assertEquals(r == base ? ADDRESS : initial(r), RawMemory.getLong(NATIVE.cpu + CpuArea.TRAP_FRAME + 8 * r), "register " + r);
            }
        }
        return reason;
    }

    private static void tell(long key, long k) {
        long entry = NATIVE.cpu + CpuArea.REGION_TABLE + RegionLookup.set(key);
        RawMemory.putLong(entry, key);
        RawMemory.putLong(entry + 8, k);
    }

    @ParameterizedTest
    @MethodSource("registers")
    void theTableGivesKAndNoOtherRegisterChanges(int k, int base) {
        RawMemory.putInt(NATIVE.cpu + CpuArea.REGION_PATIENCE, 1 << 20);
        RawMemory.putInt(NATIVE.cpu + CpuArea.regionId(VIEW, K_SLOT), 0xabcdef);
        long key = RegionLookup.regionKey(VIEW, ADDRESS);
        tell(key, K);
        assertEquals(NativeCode.REASON_TRAP, check(k, base));
        assertEquals(K, RawMemory.getLong(NATIVE.cpu + CpuArea.TRAP_FRAME + 8 * k));
        RawMemory.putInt(NATIVE.cpu + CpuArea.regionId(VIEW, K_SLOT), CpuArea.NO_REGION);
        assertEquals(NativeCode.REASON_REGION_MISS, check(k, base), "a K slot without region");
        RawMemory.putInt(NATIVE.cpu + CpuArea.regionId(VIEW, K_SLOT), 0xabcdef);
        RawMemory.putInt(NATIVE.cpu + CpuArea.REGION_PATIENCE, 1);
        assertEquals(NativeCode.REASON_REGION_MISS, check(k, base), "once in a while");
        RawMemory.putInt(NATIVE.cpu + CpuArea.REGION_PATIENCE, 1 << 20);
        tell(key, K);
        RawMemory.putLong(NATIVE.cpu + CpuArea.REGION_TABLE + RegionLookup.set(key), RegionLookup.EMPTY);
        assertEquals(NativeCode.REASON_REGION_MISS, check(k, base), "a region that the table does not have");
    }
}
