package io.stele.codegen;

import io.stele.ir.EstimateOps;
import io.stele.memory.RawMemory;

/** Tables and constants in the CPU area that generated code looks in. */
public final class ConstantTables {
    private ConstantTables() {}

    /** Writes the tables into a CPU area at a host address. To be done before code runs on it. */
    public static void write(long area) {
        byte[] estimates = EstimateOps.estimateTable();
        RawMemory.copy(estimates, 0, area + CpuArea.ESTIMATES, estimates.length);
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
