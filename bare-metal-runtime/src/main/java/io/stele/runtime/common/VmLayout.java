package io.stele.runtime.common;

import io.stele.codegen.CpuArea;
import io.stele.codegen.RegionLookup;
import io.stele.guest.GuestIsa;

/**
 * Named addresses inside the VM. Runtime memory is identity mapped: guest physical address = virtual address, below 400 MiB, so that stubs
 * and generated code reach everything with 32-bit absolute addresses. Guest RAM lies above it at its own physical addresses.
 */
public final class VmLayout {
    private VmLayout() {}

    public static final int MAX_CPUS = 64;

    /** Per-vCPU descriptor tables and ring-0 stack. */
    public static final long CONTROL = 0x1_0000;
    public static final long CONTROL_BYTES = 0x1_0000;
    public static final int GDT = 0x0;
    public static final int GDT_BYTES = 10 * 8;
    public static final int TSS = 0x200;
    public static final int TSS_BYTES = 0x68;
    public static final int IDT = 0x1000;
    public static final int IDT_BYTES = 0x1000;
    /** Top of the stack that ring-0 stubs find. */
    public static final int RING0_STACK_TOP = 0x3000;
    /** Of a vCPU's control block, what it writes. */
    public static final int CONTROL_WRITABLE = 0x2000;
    public static final int CONTROL_WRITABLE_END = RING0_STACK_TOP;

    /** The stubs that all vCPUs share. */
    public static final long STUBS = 0x48_0000;
    public static final int STUBS_BYTES = 0x8000;
    /** Of these, code that the guest ISA has made: {@link io.stele.guest.GuestIsa#fetchAbort}. */
    public static final int ISA_STUBS_BYTES = 0x1000;
    public static final long ISA_STUBS = STUBS + STUBS_BYTES - ISA_STUBS_BYTES;

    /** Code pages by physical page: KNOWN_SETS sets of KNOWN_WAYS pairs {physical page | code mode, VM address of the entry table}, or -1. */
    public static final long KNOWN_PAGES = 0x4a_0000;
    public static final int KNOWN_SETS = 2048;
    public static final int KNOWN_WAYS = 4;
    public static final int KNOWN_SET_BYTES = KNOWN_WAYS * 16;

    /** int: changes when VM code takes entries of the page tables away. Behind it the words of presence thunks. */
    public static final long TAKEN_AWAY = 0x4c_0000;
    private static final long PRESENCE_WORDS = TAKEN_AWAY + 64;
    public static final int PRESENCE_THUNKS = 2040;
    private static final int PRESENCE_BYTES = 8;
    public static final long TAKEN_AWAY_BYTES = 0x4000;

    public static final long CPU_AREAS = 0x50_0000;

    public static final long CODE = 0x0180_0000;
    public static final long CODE_BYTES = 0x0c00_0000;

    public static final long ENTRY_TABLES = CODE + CODE_BYTES;
    public static final long ENTRY_TABLE_BYTES = 4096L * GuestIsa.ENTRY_SCALE;
    public static final int ENTRY_TABLE_COUNT = 12288;

    public static final long PAGE_TABLES = ENTRY_TABLES + ENTRY_TABLE_COUNT * ENTRY_TABLE_BYTES;
    public static final long PAGE_TABLES_END = 0x1800_0000;

    /** Per-vCPU sets of pages behind the page probe table: PAGE_SETS sets of PAGE_WAYS pairs as there, index = page number. */
    static final long PAGE_TABLE_SETS = PAGE_TABLES_END;
    public static final int PAGE_SETS = 2048;
    public static final int PAGE_WAYS = 8;
    public static final int PAGE_SET_BYTES = PAGE_WAYS * 16;

    public static final long BYTES = PAGE_TABLE_SETS + MAX_CPUS * (long) PAGE_SETS * PAGE_SET_BYTES;

    // Virtual addresses above the runtime's memory. They are cut into units of 1 TiB and a gap, which nothing maps but edges of the slots. The gap,
    // which is before the first slot, too, is larger than what may be added to a checked base: 2^IrBuilder.FAR_BITS, and some displacements.

    private static final long GRANULE_BYTES = 1L << RegionLookup.GRANULE_SHIFT;
    private static final long REGION_BYTES = 1L << RegionLookup.REGION_SHIFT;
    private static final long GAP_BYTES = 40 * GRANULE_BYTES;
    private static final long UNIT_BYTES = REGION_BYTES + GAP_BYTES;

    /** Slots for regions of 1 TiB of guest addresses, then slots for granules of 1 GiB. */
    public static final int REGION_SLOTS = 112;
    public static final int GRANULE_SLOTS = 8192;
    public static final int SLOTS = REGION_SLOTS + GRANULE_SLOTS;
    /** Guest addresses on both sides of what a slot is for that it may map, too: so displacements that lead out of it find their memory. */
    public static final long SLOT_EDGE = 0x2_0000;
    private static final long GRANULE_STRIDE = GRANULE_BYTES + (2L << 20);

    private static final long FIRST_SLOT = GAP_BYTES;
    /** A linear map of guest RAM for access thunks: address = window + guest physical address. */
    public static final long RAM_WINDOW = FIRST_SLOT + REGION_SLOTS * UNIT_BYTES;
    private static final long FIRST_GRANULE_SLOT = RAM_WINDOW + UNIT_BYTES;
    private static final long SLOTS_END = FIRST_GRANULE_SLOT + GRANULE_SLOTS * GRANULE_STRIDE;
    /** The runtime's page tables, where VM code writes to them: address = window + guest physical address. */
    public static final long TABLE_WINDOW = FIRST_GRANULE_SLOT + 9 * UNIT_BYTES;

    /** Virtual address of the start of what a slot is for. */
    public static long slotStart(int slot) {
        return slot < REGION_SLOTS ? FIRST_SLOT + slot * UNIT_BYTES : FIRST_GRANULE_SLOT + (slot - REGION_SLOTS) * GRANULE_STRIDE;
    }

    /** Bytes of guest addresses that a slot is for. */
    public static long slotBytes(int slot) {
        return slot < REGION_SLOTS ? REGION_BYTES : GRANULE_BYTES;
    }

    /** The address is in the unmapped space between slots. */
    public static boolean isBetweenSlots(long address) {
        return address >= GRANULE_BYTES && address < SLOTS_END && slotOf(address) < 0;
    }

    /** The slot, edges included, that an address is in, or -1. */
    public static int slotOf(long address) {
        if (address < FIRST_SLOT - SLOT_EDGE || address >= SLOTS_END) {
            return -1;
        }
        boolean granule = address >= FIRST_GRANULE_SLOT - SLOT_EDGE;
        long offset = address + SLOT_EDGE - (granule ? FIRST_GRANULE_SLOT : FIRST_SLOT);
        long stride = granule ? GRANULE_STRIDE : UNIT_BYTES;
        int number = (int) (offset / stride);
        if (offset % stride >= (granule ? GRANULE_BYTES : REGION_BYTES) + 2 * SLOT_EDGE || !granule && number >= REGION_SLOTS) {
            return -1;
        }
        return granule ? REGION_SLOTS + number : number;
    }

    public static final int CODE_SELECTOR = 0x33;
    public static final int DATA_SELECTOR = 0x2b;
    public static final int RING0_CODE_SELECTOR = 0x10;
    public static final int TSS_SELECTOR = 0x40;

    public static long control(int cpu) {
        return CONTROL + cpu * CONTROL_BYTES;
    }

    public static long pageSets(int cpu) {
        return PAGE_TABLE_SETS + (long) cpu * PAGE_SETS * PAGE_SET_BYTES;
    }

    /** VM address of the two ints of a presence thunk, by its number. */
    public static int presenceWords(int thunk) {
        return (int) PRESENCE_WORDS + thunk * PRESENCE_BYTES;
    }

    public static long cpuArea(int cpu) {
        return CPU_AREAS + (long) cpu * CpuArea.BYTES;
    }
}
