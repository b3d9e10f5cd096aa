package io.stele.codegen;

import io.stele.ir.EstimateOps;
import io.stele.ir.HostFlags;
import io.stele.memory.RawMemory;

/** Tables and constants in the CPU area that generated code looks in. */
public final class ConstantTables {
    /** Flags as LAHF has them in AH; the bit that is always set (Intel SDM volume 1, 3.4.3). */
    private static final int CARRY = 1;
    private static final int SET = 1 << 1;
    private static final int PARITY = 1 << 2;
    private static final int ZERO = 1 << 6;

    private ConstantTables() {}

    private static void compareFlags(long table, int host, int flags) {
        RawMemory.putShort(table + 2 * (host | SET), (short) flags);
    }

    /** Writes the tables into a CPU area at a host address. To be done before code runs on it. */
    public static void write(long area) {
        byte[] estimates = EstimateOps.estimateTable();
        RawMemory.copy(estimates, 0, area + CpuArea.ESTIMATES, estimates.length);
        compareFlags(area + CpuArea.COMPARE_FLAGS, 0, HostFlags.C);
        compareFlags(area + CpuArea.COMPARE_FLAGS, CARRY, HostFlags.N);
        compareFlags(area + CpuArea.COMPARE_FLAGS, ZERO, HostFlags.Z | HostFlags.C);
        compareFlags(area + CpuArea.COMPARE_FLAGS, CARRY | ZERO | PARITY, HostFlags.C | HostFlags.V);
        RawMemory.putInt(area + CpuArea.MXCSR_NEAREST, 0x1f80);
        RawMemory.putInt(area + CpuArea.MXCSR_FLUSHING, 0x9fc0);
        for (int half = 0; half < 16; half += 8) {
            RawMemory.putLong(area + CpuArea.MAGNITUDE_32 + half, 0x7fff_ffff_7fff_ffffL);
            RawMemory.putLong(area + CpuArea.MAGNITUDE_64 + half, Long.MAX_VALUE);
            RawMemory.putLong(area + CpuArea.SMALLEST_NORMAL_32 + half, 0x0080_0000_0080_0000L);
            RawMemory.putLong(area + CpuArea.SMALLEST_NORMAL_64 + half, 0x0010_0000_0000_0000L);
        }
    }
}
