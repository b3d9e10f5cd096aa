package io.stele.tools.oracle;

import io.stele.arm64.oracle.CpuImage;

/**
 * Cases that run one after the other on one machine.
 *
 * @param code what is at {@code Executor.CODE_BASE}
 * @param entries address of the first instruction of each case
 * @param states state before each case
 * @param setting how the CPU is set up for all of them
 */
record Batch(byte[] code, long[] entries, CpuImage[] states, Setting setting) {
    /**
     * Level of the cases and control registers.
     *
     * @param privileged at EL1, otherwise at EL0; with SP_EL0 in both cases
     * @param control bits of SCTLR_EL1 besides M, C and I
     * @param floatingPoint CPACR_EL1.FPEN
     * @param floats FPSR is set before each case and read after it, which takes time
     */
    record Setting(boolean privileged, long control, int floatingPoint, boolean floats) {
        private static final int ENABLED = 3;

        static Setting user(boolean floats) {
            return new Setting(false, 0, ENABLED, floats);
        }

        static Setting kernel(boolean floats) {
            return new Setting(true, 0, ENABLED, floats);
        }

        /** The same with bits of SCTLR_EL1. */
        Setting with(long bits) {
            return new Setting(privileged, control | bits, floatingPoint, floats);
        }

        /** The same, but EL0 must not use floating point and SIMD. */
        Setting trapping() {
            return new Setting(privileged, control, 1, floats);
        }
    }

    int size() {
        return states.length;
    }
}
