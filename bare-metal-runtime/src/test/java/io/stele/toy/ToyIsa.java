package io.stele.toy;

import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.ir.Evaluator;
import io.stele.ir.EvaluatorMemory;
import io.stele.ir.IrBuilder;
import io.stele.ir.Vec;
import io.stele.memory.RawMemory;
import io.stele.toy.hooks.TranslatorHooks;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** The second instruction set as the runtime wants it: physical addresses, no levels, no exceptions, no interrupts. */
final class ToyIsa implements GuestIsa {
    private static final int PAGE = 4096;
    private static final long BLOCK = 1L << 21;

    private final GuestBus bus;
    private final Runnable stop;
    private final Method decode;
    private final Method translate;
    private final Method interpret;
    private final Method disassemble;
    private final int pcOffset;
    private final int flagsOffset;
    private final Evaluator evaluator;
    /** Operand of the HALT that ended the program, and how many instructions were interpreted. */
    long haltCode = -1;
    int interpreted;

    /**
     * @param generated loads the classes that the compiler has made
     * @param stop called when the program has ended
     */
    ToyIsa(ClassLoader generated, GuestBus bus, Runnable stop) throws ReflectiveOperationException {
        this.bus = bus;
        this.stop = stop;
        String classes = "io.stele.toy.generated.";
        decode = generated.loadClass(classes + "Decoder").getMethod("decode", int.class);
        translate = generated.loadClass(classes + "Translator").getMethod("translate", IrBuilder.class, int.class, int.class);
        interpret = generated.loadClass(classes + "Interpreter").getMethod("execute", Evaluator.class, int.class, int.class);
        disassemble = generated.loadClass(classes + "Disassembler").getMethod("disassemble", int.class, long.class);
        Class<?> state = generated.loadClass(classes + "GuestState");
        pcOffset = state.getField("PC_OFFSET").getInt(null);
        flagsOffset = state.getField("NZCV_OFFSET").getInt(null);
        evaluator = new Evaluator(flagsOffset, 0, new Memory());
    }

    private static Object call(Method method, Object... arguments) {
        try {
            return method.invoke(null, arguments);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public int pcOffset() {
        return pcOffset;
    }

    @Override
    public int flagsOffset() {
        return flagsOffset;
    }

    @Override
    public int codeMode(long state) {
        return 0;
    }

    @Override
    public int dataView(int codeMode) {
        return PRIVILEGED;
    }

    @Override
    public void translate(long codePage, int offset, int codeMode, int maxInstructions, IrBuilder builder) {
        builder.reset(offset, codeMode, PRIVILEGED);
        int at = offset;
        int end = (offset & -PAGE) + PAGE;
        for (int n = 0; n < maxInstructions && at < end && !builder.ended(); n++) {
            int word = RawMemory.getInt(codePage + at);
            builder.beginInstruction(at, word);
            call(translate, builder, call(decode, word), word);
            builder.endInstruction();
            at += 4;
        }
        builder.jump(at);
    }

    @Override
    public String disassemble(int word, long address) {
        return (String) call(disassemble, word, address);
    }

    @Override
    public long spaceKey(long state, int view, long va) {
        return view;
    }

    @Override
    public boolean tagsIgnored(long state, long va) {
        return false;
    }

    @Override
    public long fetchSpaceKey(long state, int view, long va) {
        return 0;
    }

    @Override
    public int levelMode(long state, int level) {
        return -1;
    }

    @Override
    public long levelAddress(long state, int level) {
        return 0;
    }

    @Override
    public void walk(long state, int view, long va, int access, Walk result) {
        result.ok = bus.ramAddress(va & -PAGE) != 0;
        result.physical = va;
        result.blockBytes = BLOCK;
        result.writable = true;
        result.executable = true;
        result.device = false;
        result.global = true;
        result.entry = 0;
    }

    @Override
    public void raiseAbort(long state, int view, long va, int access, Walk walk) {
        throw new IllegalStateException("nothing is at 0x" + Long.toHexString(va));
    }

    @Override
    public int step(long state) {
        interpreted++;
        long pc = RawMemory.getLong(state + pcOffset);
        int word = RawMemory.getInt(bus.ramAddress(pc));
        evaluator.attach(state);
        evaluator.setPage(pc & -PAGE, PRIVILEGED);
        evaluator.beginInstruction((int) pc & PAGE - 1, word);
        call(interpret, evaluator, call(decode, word), word);
        if (evaluator.leaveReason() != Evaluator.NOT_LEFT) {
            return handleLeave(state, evaluator.leaveReason(), evaluator.leaveArgument());
        }
        evaluator.endInstruction();
        RawMemory.putLong(state + pcOffset, evaluator.branched() ? evaluator.nextPc() : pc + 4);
        return evaluator.branched() ? STEP_BRANCH : STEP_NEXT;
    }

    @Override
    public int handleLeave(long state, int reason, long argument) {
        haltCode = reason == TranslatorHooks.HALT ? argument : -2;
        stop.run();
        return STEP_WAIT;
    }

    @Override
    public void settlePc(long state) {}

    @Override
    public boolean takeInterrupt(long state) {
        return false;
    }

    @Override
    public String describe(long state) {
        return "pc=" + Long.toHexString(RawMemory.getLong(state + pcOffset));
    }

    /** RAM at its physical addresses. */
    private final class Memory implements EvaluatorMemory {
        @Override
        public long load(int size, long va, int view) {
            return RawMemory.get(size, bus.ramAddress(va));
        }

        @Override
        public void store(int size, long va, long value, int view) {
            RawMemory.put(size, bus.ramAddress(va), value);
        }

        @Override
        public void storeVec(int size, long va, Vec value, int view) {
            throw new UnsupportedOperationException("there are no vectors");
        }

        @Override
        public void requireAligned(int size, long va, int view, boolean write) {}

        @Override
        public long atomicAddress(int size, long va, int view, boolean write) {
            return bus.ramAddress(va);
        }
    }
}
