package io.stele.ir;

/**
 * Executes IR operations at once: the reference semantics of every operation of {@link IrBuilder}, with the same names and parameters, on
 * values instead of value numbers ({@code long} for bits, conditions and flags, {@link Vec} for vectors and pairs).
 *
 * <p>Use: {@link #attach} to a CPU area, {@link #setPage}, then per instruction {@link #beginInstruction}, operations,
 * {@link #endInstruction}, and look at {@link #branched}, {@link #nextPc} and {@link #leaveReason}. Register writes take effect at
 * {@link #endInstruction}; when an operation throws, they are dropped. Floating point obeys the control word in {@link #floats} and
 * accumulates its flags there. One instance belongs to one thread.
 */
public final class Evaluator extends EvaluatorExtensions {
    /**
     * @param flagsOffset byte offset of the flags in the CPU state block
     * @param monitorOffset byte offset of the exclusive monitor in it, {@link #MONITOR_BYTES} long
     */
    public Evaluator(int flagsOffset, int monitorOffset, EvaluatorMemory memory) {
        super(flagsOffset, monitorOffset, memory);
    }
}
