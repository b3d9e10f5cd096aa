package io.stele.ir;

import io.stele.ir.softfloat.SoftFloat;
import io.stele.memory.RawMemory;

/** What the parts of the {@link Evaluator} share: the CPU state block, the current instruction's writes, its place and how it ended. */
abstract class EvaluatorState {
    private static final int MAX_WRITES = 64;

    final SoftFloat floats = new SoftFloat();

    private final int flagsOffset;
    private long state;

    private final int[] writeOffset = new int[MAX_WRITES];
    private final int[] writeSize = new int[MAX_WRITES];
    private final long[] writeValue = new long[MAX_WRITES];
    private int writes;

    private long pageAddress;
    private int pageOffset;
    private int word;
    private int currentView;

    private boolean ended;
    private long nextPc;
    private int leaveReason;
    private long leaveArgument;

    EvaluatorState(int flagsOffset) {
        this.flagsOffset = flagsOffset;
    }

    /** Works on the CPU area (and state block) at this host address from now on. */
    public final void attach(long cpuState) {
        state = cpuState;
    }

    /** Host address of the CPU state block. */
    public final long state() {
        return state;
    }

    /** Floating-point control and cumulative flags: the caller sets the control word before and collects the flags after instructions. */
    public final SoftFloat floats() {
        return floats;
    }

    /** Sets the guest virtual address of the current code page and the view that {@link IrBuilder#VIEW_CURRENT} stands for. */
    public final void setPage(long guestAddress, int view) {
        pageAddress = guestAddress;
        currentView = view;
    }

    public final void beginInstruction(int offsetInPage, int instructionWord) {
        pageOffset = offsetInPage;
        word = instructionWord;
        writes = 0;
        ended = false;
        leaveReason = NOT_LEFT;
    }

    /** Makes the writes of the instruction take effect. */
    public final void endInstruction() {
        for (int i = 0; i < writes; i++) {
            RawMemory.put(writeSize[i], state + writeOffset[i], writeValue[i]);
        }
        writes = 0;
    }

    /** Value of {@link #leaveReason} when the instruction did not leave. */
    public static final int NOT_LEFT = -1;

    /** The current instruction word. */
    public final int word() {
        return word;
    }

    /** True when the instruction determined the next pc itself: it jumped or took a side exit. */
    public final boolean branched() {
        return ended;
    }

    /** Target of the jump, valid when {@link #branched}. */
    public final long nextPc() {
        return nextPc;
    }

    /** Reason of {@code leave}, or {@link #NOT_LEFT}. */
    public final int leaveReason() {
        return leaveReason;
    }

    public final long leaveArgument() {
        return leaveArgument;
    }

    public final int pcOffset() {
        return pageOffset;
    }

    public final long pageAddress(long offset) {
        return pageAddress + offset;
    }

    public final long readReg(int w, int offset) {
        return w == 32 ? RawMemory.getInt(state + offset) & 0xffff_ffffL : RawMemory.getLong(state + offset);
    }

    public final void writeReg(int w, int offset, long v) {
        defer(8, offset, w == 32 ? v & 0xffff_ffffL : v);
    }

    public final Vec readVec(int offset) {
        return new Vec(RawMemory.getLong(state + offset), RawMemory.getLong(state + offset + 8));
    }

    public final void writeVec(int offset, Vec v) {
        defer(8, offset, v.lo());
        defer(8, offset + 8, v.hi());
    }

    public final long readFlags() {
        return RawMemory.getInt(state + flagsOffset) & 0xffff_ffffL;
    }

    public final void writeFlags(long flags) {
        defer(4, flagsOffset, flags);
    }

    /** What follows a side exit that was taken does not happen. */
    private void defer(int size, int offset, long v) {
        if (ended) {
            return;
        }
        writeSize[writes] = size;
        writeOffset[writes] = offset;
        writeValue[writes++] = v;
    }

    public final long loadState(int size, int offset) {
        return RawMemory.get(size, state + offset);
    }

    public final void storeState(int size, int offset, long v) {
        RawMemory.put(size, state + offset, v);
    }

    public final void jump(long offsetInPage) {
        if (ended) {
            return;
        }
        ended = true;
        nextPc = pageAddress + offsetInPage;
    }

    public final void jumpIf(long cond, long offsetInPage) {
        if (cond != 0) {
            jump(offsetInPage);
        }
    }

    public final void jumpIndirect(long target, int hint) {
        ended = true;
        nextPc = target;
    }

    /** The evaluator is what {@code interpret} asks for, so an instruction that asks for it there has no meaning. */
    public final void interpret() {
        throw new IllegalStateException("instruction 0x" + Integer.toHexString(word) + " asks to be interpreted while it is interpreted");
    }

    /** Nothing: the evaluator handles the rare case itself. */
    public final void interpretIf(long cond) {}

    public final void leave(int reason, long argument) {
        leaveReason = reason;
        leaveArgument = argument;
    }

    /** Nothing: interrupts are looked at between interpreted instructions. */

    final int view(int view) {
        return view == IrBuilder.VIEW_CURRENT ? currentView : view;
    }
}
