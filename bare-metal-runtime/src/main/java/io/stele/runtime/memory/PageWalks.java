package io.stele.runtime.memory;

import io.stele.guest.EntryPattern;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.memory.RawMemory;

/**
 * Walks, for one kind of access, of many pages of one space that lie close to each other. Where the last one was found in a table of pages of 4096
 * bytes, those of the same table whose entries have the same attributes differ in the address only ({@link Walk#entry}): one look at the
 * entry tells it.
 */
public final class PageWalks {
    /** The pages of a table. */
    private static final int TABLE_BITS = 21;
    private static final int PAGE_BITS = 12;

    private final GuestIsa isa;
    private final GuestBus bus;
    private final EntryPattern pattern = new EntryPattern();
    private final Walk walk = new Walk();
    private long state;
    private int view;
    private int access;
    /** Entries tell all there is to know of pages. */
    private boolean telling;
    /** The page that the others are compared with: address, guest physical address of its entry (0: none), attributes, rights. */
    private long page;
    private long entry;
    private long attributes;
    private boolean writable;
    private int codeAttributes;

    /** @param bus knows RAM */
    public PageWalks(GuestIsa isa, GuestBus bus) {
        this.isa = isa;
        this.bus = bus;
    }

    /** The next walks are of this space, for {@link Walk#READ}, {@link Walk#WRITE} or {@link Walk#EXECUTE}; nothing is known of its tables. */
    public void begin(long cpuState, int dataView, int kind) {
        state = cpuState;
        view = dataView;
        access = kind;
        telling = isa.entryPattern(cpuState, pattern);
        entry = 0;
    }

    /**
     * What {@link GuestIsa#walk} finds, as far as ok, physical, writable, device, codeAttributes and blockBytes go; valid until the next call.
     */
    public Walk at(long va) {
        if (entry != 0 && (va ^ page) >>> TABLE_BITS == 0) {
            long value = RawMemory.getLong(bus.ramAddress(entry + ((va >>> PAGE_BITS) - (page >>> PAGE_BITS)) * Long.BYTES));
            long physical = value ^ attributes;
            boolean same = (physical & (1 << PAGE_BITS) - 1) == 0 && bus.ramAddress(physical) != 0;
            if (value == 0 || same) {
                walk.ok = same;
                walk.physical = bus.canonical(physical | va & (1 << PAGE_BITS) - 1);
                walk.writable = writable;
                walk.device = false;
                walk.codeAttributes = codeAttributes;
                walk.blockBytes = 1 << PAGE_BITS;
                return walk;
            }
        }
        isa.walk(state, view, va, access, walk);
        if (telling && walk.ok && !walk.device && walk.blockBytes == 1 << PAGE_BITS && walk.entry != 0) {
            page = va;
            entry = walk.entry;
            attributes = walk.entryAttributes;
            writable = walk.writable;
            codeAttributes = walk.codeAttributes;
        }
        return walk;
    }
}
