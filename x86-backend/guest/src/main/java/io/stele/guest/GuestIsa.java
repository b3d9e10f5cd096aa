package io.stele.guest;

import io.stele.ir.IrBuilder;

/**
 * What the runtime needs from a guest instruction set. One instance serves one machine; all per-CPU data is in the CPU state block, whose
 * host address is passed as {@code state}, so that state is explicit and serialisable and several vCPUs can use one instance.
 */
public interface GuestIsa {
    /** View numbers of data accesses. */
    int UNPRIVILEGED = 0;
    int PRIVILEGED = 1;

    /** Instructions begin at multiples of so many bytes. An entry table has an int, the address of code, for each such place of its page. */
    int INSTRUCTION_ALIGNMENT = 4;
    /** Bytes of an entry table for each byte of its page. */
    int ENTRY_SCALE = Integer.BYTES / INSTRUCTION_ALIGNMENT;

    /** Results of {@link #step}. */
    int STEP_NEXT = 0;
    /** The pc changed, or an exception was taken. */
    int STEP_BRANCH = 1;
    /** The guest waits for an interrupt; pc is behind the instruction. */
    int STEP_WAIT = 2;
    /** The guest pauses in a loop in which it waits for another CPU; pc is behind the instruction. */
    int STEP_PAUSE = 5;
    /** The CPU is off, until the machine turns it on with a new state. */
    int STEP_STOP = 4;

    /** Called first of all when a vCPU's request is served: what generated code has put off for later is done now. */
    default void synchronise(long state) {}

    /**
     * Called last of all before a vCPU that was served goes on: from now on generated code may put off what {@link #synchronise} then does.
     */
    default void release(long state) {}

    /** Byte offset of the 8-byte pc in the state block. */
    int pcOffset();

    /** Byte offset of the flags (host flag format, 4 bytes) in the state block. */
    int flagsOffset();

    /** The state bits that change generated code, as a small number (0..255). */
    int codeMode(long state);

    /** View of an ordinary data access in the given code mode. */
    int dataView(int codeMode);

    /** Bits of a code mode that the state decides about; what a page adds to it is above. */
    int STATE_MODE = 0xff;

    /**
     * What code of a page is translated for.
     *
     * @param codeMode of the state
     * @param walk of its address, for execution
     */
    default int pageMode(int codeMode, Walk walk) {
        return codeMode;
    }

    /**
     * Translates one extended basic block, which ends at the end of its page.
     *
     * @param codePage host address of the 4096 bytes of guest code, less the distance of the page
     * @param offset distance of the first instruction from the first byte of the page that all places in the block are relative to
     * @param maxInstructions the block ends behind that many at the latest; at least 1
     */
    void translate(long codePage, int offset, int codeMode, int maxInstructions, IrBuilder builder);

    /** Name of the instruction, for logs and dumps. */
    String disassemble(int word, long address);

    /** The class of an instruction, for statistics. */
    default String instructionClass(int word) {
        return "instructions";
    }

    /** Whether a word is an instruction: what decoding it takes, and no more. */
    default boolean isInstruction(int word) {
        return true;
    }

    /** Name of the field at a byte offset in the state block, for dumps. */
    default String stateName(int offset) {
        return "state+" + offset;
    }

    /**
     * Identifies the translations of the region of {@code va} that an access through {@code view} would use: equal keys mean equal
     * translations until an invalidation names the key.
     */
    long spaceKey(long state, int view, long va);

    /**
     * True if the top byte of an address takes no part in its translation, for data accesses to the half of the address space that has the same
     * bit 55. Changes only by writes that are told by {@link RuntimeHooks#contextChanged}.
     */
    boolean tagsIgnored(long state, long va);

    /**
     * Names what translates instruction addresses in the part of the address space that {@code va} is in; equal values mean equal translations.
     *
     * @param view that of the code's data accesses
     */
    long fetchSpaceKey(long state, int view, long va);

    /** Levels between which generated code may switch by itself, by storing {@code CpuArea.LEVEL_TAGS[level]} as CONTEXT. */
    int LEVELS = 2;

    /**
     * The code mode of a level after such a switch, or -1 while switches to it have to leave. Changes only by writes that are told by {@link
     * RuntimeHooks#contextChanged}.
     */
    int levelMode(long state, int level);

    /** An address in the part of the address space, as far as {@link #fetchSpaceKey} tells parts apart, where a switch to a level leads. */
    long levelAddress(long state, int level);

    /**
     * Translates an address and checks permissions; never changes the state of the CPU. The guest's tables may note the access.
     *
     * @param access one of {@link Walk#READ}, {@link Walk#WRITE}, {@link Walk#EXECUTE}
     */
    void walk(long state, int view, long va, int access, Walk result);

    /** False if the code mode may be another one in other pages of the space. */
    default boolean isCodeModeOfSpace(long state) {
        return true;
    }

    /** How an entry at {@link Walk#lastEntry} would look that maps ordinary memory; false if that is not all that matters. */
    default boolean entryPattern(long state, EntryPattern pattern) {
        return false;
    }

    /**
     * What generated code leaves in the state when the guest invalidates the translation of a page in its current space, and nothing else; false if
     * that is put off in no such way, or reaches further than the page and the spaces of {@link #invalidatedTogether}. Holds until another walk of
     * the space succeeds.
     */
    default boolean pageInvalidation(long state, long va, PageInvalidation result) {
        return false;
    }

    /** True if such an invalidation concerns both spaces, which are keys of {@link #spaceKey}. */
    default boolean invalidatedTogether(long key, long other) {
        return key == other;
    }

    /** Takes the abort that {@code walk} found for the instruction at the current pc. State is as before the instruction. */
    void raiseAbort(long state, int view, long va, int access, Walk walk);

    /**
     * Makes a block that takes the abort of a fetch at the pc at the unprivileged level, whose entry in the last level of the tables maps nothing
     * ({@link EntryPattern#present}): all of the state is in memory, and {@code CpuArea.LEVEL_TAGS[1]} allows a switch to the level that gets the
     * abort. False if generated code is not to do that.
     */
    default boolean fetchAbort(IrBuilder builder) {
        return false;
    }

    /** Executes the instruction at the pc with the interpreter. */
    int step(long state);

    /** Handles {@code leave(reason, argument)} of generated code (reason below {@code 256}); same results as {@link #step}. */
    int handleLeave(long state, int reason, long argument);

    /** Makes the pc what a branch makes of its target: a target may have bits that the instruction set ignores or replaces. */
    void settlePc(long state);

    /** Takes a pending interrupt if the guest lets it through; true if it was taken. Called with the vCPU at an instruction boundary. */
    boolean takeInterrupt(long state);

    /** One line that describes the CPU state for error reports (pc and registers). */
    String describe(long state);
}
