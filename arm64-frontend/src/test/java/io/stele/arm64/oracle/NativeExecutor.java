package io.stele.arm64.oracle;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.generated.Translator;
import io.stele.arm64.hooks.CodeMode;
import io.stele.arm64.system.FloatRegisters;
import io.stele.codegen.BlockCompiler;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.CpuArea;
import io.stele.codegen.GuestLayout;
import io.stele.codegen.HostFeatures;
import io.stele.codegen.Stubs;
import io.stele.ir.IrBuilder;
import io.stele.memory.RawMemory;

/**
 * Executes instructions as the generated translator and the code generator translate them, in this process, without a VM. Accesses that
 * fault cannot be executed this way: their cases get the interpreter's result.
 */
public final class NativeExecutor extends StateExecutor implements AutoCloseable {
    private final NativeProcess process;
    private final IrBuilder builder = new IrBuilder();
    private final BlockCompiler compiler;
    private final CompiledBlock block = new CompiledBlock();
    private int compiled;
    private int interpreted;

    public NativeExecutor() {
        this(NativeProcess.hostFeatures());
    }

    /** Executes code that uses no more than some of the host's features. */
    NativeExecutor(HostFeatures host) {
        this(new NativeProcess(), host);
    }

    private NativeExecutor(NativeProcess process, HostFeatures host) {
        super(process.cpu, process.host(CpuImage.MEMORY_BASE));
        this.process = process;
        host.tell(builder);
        compiler = new BlockCompiler(new GuestLayout(GuestState.PC_OFFSET, GuestState.NZCV_OFFSET), host);
    }

    /** Blocks compiled and executed so far. */
    public int compiled() {
        return compiled;
    }

    /** Instructions that the native code left to the interpreter, and those of cases with access faults. */
    public int interpreted() {
        return interpreted;
    }

    @Override
    public void execute(int[][] words, CpuImage[] states) {
        CpuImage[] reference = CpuImage.copy(states);
        try (InterpreterExecutor interpreter = new InterpreterExecutor()) {
            interpreter.execute(words, reference);
        }
        byte[] slots = QemuExecutor.code(words);
        RawMemory.copy(slots, 0, process.host(CODE_BASE), slots.length);
        code(process.host(CODE_BASE), slots.length + PAGE - 1 & -PAGE);
        for (int i = 0; i < states.length; i++) {
            int outcome = reference[i].outcome();
            if (outcome == CpuImage.SIGSEGV || outcome == CpuImage.SIGBUS) {
                interpreted++;
                states[i].set(reference[i]);
            } else {
                load(states[i]);
                RawMemory.putInt(cpu + CpuArea.MXCSR, FloatRegisters.mxcsr(states[i].fpcr()));
                long start = Executor.address(i);
                int result = run(start, start + 4L * words[i].length);
                mergeFloatFlags();
                store(states[i], result);
            }
        }
    }

    private int run(long start, long end) {
        long pc = start;
        for (int steps = 0; steps < MAX_STEPS; steps++) {
            if (pc == end || pc == end + 4) {
                return pc == end ? CpuImage.NEXT : CpuImage.TAKEN;
            }
            int reason = compile(pc, end) ? process.run(pc & -PAGE) : Stubs.REASON_INTERPRET;
            if (reason < Stubs.REASON_LINK) {
                return CpuImage.SIGILL;
            }
            if (reason == NativeProcess.REASON_REGION_MISS) {
                throw new IllegalStateException("region miss at 0x" + Long.toHexString(pc));
            }
            if (reason == NativeProcess.REASON_INTERPRET_SITE) {
                long frame = cpu + CpuArea.TRAP_FRAME;
                block.restoreState(block.findSite((int) (RawMemory.getLong(frame + 16 * 8) - process.code)), frame, cpu, pc & -PAGE);
                reason = Stubs.REASON_INTERPRET;
            }
            pc = reason == Stubs.REASON_INTERPRET ? interpretAt(pc) : RawMemory.getLong(cpu + GuestState.PC_OFFSET);
            if (pc <= CpuImage.SIGSEGV) {
                return (int) pc;
            }
        }
        throw new IllegalStateException("the instructions of the slot at 0x" + Long.toHexString(start) + " do not end");
    }

    /** Interprets the instruction where a block that was entered at {@code pc} left, or the one at {@code pc} if there is no block. */
    private long interpretAt(long pc) {
        interpreted++;
        return interpret(block.length == 0 ? pc : RawMemory.getLong(cpu + GuestState.PC_OFFSET));
    }

    /** Compiles and installs the instructions from {@code pc} to {@code end}; false when the first is not for the translator. */
    private boolean compile(long pc, long end) {
        long page = pc & -PAGE;
        int kind = FloatRegisters.kind(cpu);
        builder.reset((int) (pc - page), CodeMode.ofFloatControl(kind), 0);
        FloatRegisters.tell(builder, kind);
        block.length = 0;
        for (long at = pc; at < end && !builder.ended(); at += 4) {
            int word = word(at);
            int index = Decoder.decode(word);
            if (index < 0 || Coverage.STATE[index].equals("todo")) {
                if (at == pc) {
                    return false;
                }
                builder.jump(at - page);
                break;
            }
            builder.beginInstruction((int) (at - page), word);
            Translator.translate(builder, index, word);
            builder.endInstruction();
        }
        builder.jump(end - page);
        compiler.compile(builder, process.code, process.stubs, NativeProcess.REGION_ZERO, block);
        RawMemory.copy(compiler.code(), 0, process.code, block.length);
        compiled++;
        return true;
    }

    /** Adds to FPSR what the host and the saturation register have noted. */
    private void mergeFloatFlags() {
        RawMemory.putLong(cpu + GuestState.FPSR_OFFSET, FloatRegisters.status(cpu));
    }

    @Override
    public void close() {
        process.close();
    }
}
