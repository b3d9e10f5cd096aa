package io.stele.ir;

/**
 * Guest memory as the {@link Evaluator} sees it. Sizes are in bytes; {@code view} is 0 (unprivileged) or 1 (privileged). An access that
 * faults throws an exception of the implementer's choice; it passes through the evaluator, which leaves the guest state as it was before
 * the instruction.
 */
public interface EvaluatorMemory {
    /** Loads 1, 2, 4 or 8 bytes, zero-extended. */
    long load(int size, long va, int view);

    /** Stores the low 1, 2, 4 or 8 bytes. */
    void store(int size, long va, long value, int view);

    /** Loads 1 to 16 bytes; the upper bits are zero. */
    default Vec loadVec(int size, long va, int view) {
        return size <= 8 ? new Vec(load(size, va, view), 0) : new Vec(load(8, va, view), load(size - 8, va + 8, view));
    }

    /** Stores the low 1 to 16 bytes. All or nothing when it faults. */
    void storeVec(int size, long va, Vec value, int view);

    /** Throws the alignment fault when {@code va} is not a multiple of {@code size}. */
    void requireAligned(int size, long va, int view, boolean write);

    /**
     * Host address of {@code size} bytes (1 to 16) for an atomic access. Throws when {@code va} is not a multiple of {@code size} or the
     * access is not allowed or not to ordinary memory.
     *
     * @param write the access also writes
     */
    long atomicAddress(int size, long va, int view, boolean write);
}
