package io.stele.arm64.oracle;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import java.lang.foreign.Arena;

/** Executes instructions with the generated interpreter. What asks for system code (hooks) ends with {@link CpuImage#SIGILL}. */
public final class InterpreterExecutor extends StateExecutor implements AutoCloseable {
    private final Arena arena;

    public InterpreterExecutor() {
        this(Arena.ofConfined());
    }

    private InterpreterExecutor(Arena arena) {
        super(arena.allocate(CpuArea.BYTES, PAGE).address(), arena.allocate(PAGE, PAGE).address());
        this.arena = arena;
    }

    @Override
    public void execute(int[][] words, CpuImage[] states) {
        byte[] slots = QemuExecutor.code(words);
        int bytes = slots.length + PAGE - 1 & -PAGE;
        long address = arena.allocate(bytes, PAGE).address();
        RawMemory.copy(slots, 0, address, slots.length);
        code(address, bytes);
        for (int i = 0; i < states.length; i++) {
            load(states[i]);
            long start = Executor.address(i);
            store(states[i], run(start, start + 4L * words[i].length));
        }
    }

    /** Executes from {@code start} until control reaches {@code end} or the word behind it. */
    private int run(long start, long end) {
        long pc = start;
        for (int steps = 0; steps < MAX_STEPS; steps++) {
            if (pc == end || pc == end + 4) {
                return pc == end ? CpuImage.NEXT : CpuImage.TAKEN;
            }
            pc = interpret(pc);
            if (pc <= CpuImage.SIGSEGV) {
                return (int) pc;
            }
        }
        throw new IllegalStateException("the instructions of the slot at 0x" + Long.toHexString(start) + " do not end");
    }

    @Override
    public void close() {
        arena.close();
    }
}
