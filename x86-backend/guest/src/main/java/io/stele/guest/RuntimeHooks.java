package io.stele.guest;

import java.util.function.LongPredicate;

/** What the guest ISA tells the runtime. All calls come from the thread that executes {@link GuestIsa} methods, with the vCPU stopped. */
public interface RuntimeHooks {
    /**
     * Translations may have changed: drop or re-check those of the spaces whose key matches.
     *
     * @param va first address; with {@code bytes = -1} the whole space
     */
    void invalidateTranslations(LongPredicate spaces, long va, long bytes);

    /**
     * The same for a page, block or contiguous run of which only the last level of the tables may have changed.
     *
     * @return true if nothing is known of these addresses that an invalidation would have to drop, nor will be, until the runtime empties the list
     *     of such invalidations in the CPU area
     */
    default boolean invalidateLastLevel(LongPredicate spaces, long va, long bytes) {
        invalidateTranslations(spaces, va, bytes);
        return false;
    }

    /**
     * True if maintenance of a page by another CPU may do nothing without being told: so that of this CPU must not, as the two depend on each
     * other.
     */
    default boolean isIdleElsewhere(long state, long va) {
        return false;
    }

    /** No other CPU executes an instruction until the present one is done. */
    default void stopOthers() {}

    /** Has a CPU go on that has returned {@link GuestIsa#STEP_WAIT}; false if it does not wait, or not any more. By the thread that serves. */
    default boolean endWait(long state) {
        return false;
    }

    /** Registers that {@link GuestIsa#spaceKey}, {@link GuestIsa#fetchSpaceKey} or {@link GuestIsa#codeMode} depend on were written. */
    void contextChanged(long state);

    /** Software announced that the code bytes at this guest physical address changed (one cache line). */
    void codeModified(long physical, int bytes);

    /** False if an announcement for the page of this guest physical address would mean nothing, until the runtime empties the list of such ones. */
    default boolean hasCode(long physical) {
        return true;
    }

    /** Software announced that any code may have changed. */
    void allCodeModified();

    /** Guest counter now, in ticks. */
    long counter(long state);
}
