package io.stele.arm64.oracle;

import java.io.IOException;

/** Something that executes A64 instructions at EL0 on a given state. */
public interface Executor {
    /** Guest virtual address of the first code slot; slot {@code i} holds the instructions of state {@code i}. */
    long CODE_BASE = 0x1200_0000L;
    int SLOT_BYTES = 32;
    /** Instructions of a slot start behind its first word. At most {@link #MAX_WORDS}. */
    int MAX_WORDS = 5;

    /** Address of the first instruction of slot {@code i}. */
    static long address(int i) {
        return CODE_BASE + (long) SLOT_BYTES * i + 4;
    }

    /**
     * Executes {@code words[i]} on {@code states[i]}, in place. Execution ends behind the last instruction ({@link CpuImage#NEXT}), one
     * instruction further ({@link CpuImage#TAKEN}), or with a signal; then the state is that before the instruction that caused it.
     */
    void execute(int[][] words, CpuImage[] states) throws IOException, InterruptedException;
}
