package io.stele.codegen;

import io.stele.ir.EstimateOps;
import io.stele.memory.RawMemory;

/** Tables in the CPU area that generated code looks in. */
public final class ConstantTables {
    private ConstantTables() {}

    /** Writes the tables into a CPU area at a host address. To be done before code runs on it. */
    public static void write(long area) {
        byte[] estimates = EstimateOps.estimateTable();
        RawMemory.copy(estimates, 0, area + CpuArea.ESTIMATES, estimates.length);
    }
}
