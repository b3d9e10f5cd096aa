package io.stele.codegen;

import io.stele.memory.RawMemory;

/**
 * Two short lists in the CPU area that generated code looks at: the operands of TLB invalidations, and the page addresses of instruction cache
 * invalidations, that have been carried out and would do nothing if they were repeated now. The guest ISA enters them; they are emptied as soon
 * as anything becomes known that the like of them could concern.
 */
public final class IdleMaintenance {
    public static final int ENTRIES = 8;
    private static final int PAGE_BITS = 12;
    private static final long PAGE_NUMBER = (1L << 44) - 1;
    private static final long EMPTY = -1;

    private IdleMaintenance() {}

    /** Offset of an entry in the CPU area: operand of a TLB invalidation by address, whose bits 43:0 are the page number. */
    public static int translation(int n) {
        return CpuArea.IDLE_TRANSLATIONS + 8 * n;
    }

    /** Offset of an entry in the CPU area: address of a page. */
    public static int code(int n) {
        return CpuArea.IDLE_CODE + 8 * n;
    }

    /** Offset in the CPU area of the first address of a range of pages without code; its size in bytes is in the next long. */
    public static int codeRange() {
        return CpuArea.IDLE_CODE_RANGE;
    }

    /** @param operand of a TLB invalidation by address that was carried out */
    public static void addTranslation(long area, long operand) {
        for (int n = 0; n < ENTRIES; n++) {
            long page = RawMemory.getLong(area + code(n));
            if (page != EMPTY && (page >>> PAGE_BITS & PAGE_NUMBER) == (operand & PAGE_NUMBER)) {
                return;
            }
        }
        long offset = ((operand & PAGE_NUMBER) << PAGE_BITS) - (RawMemory.getLong(area + codeRange()) & PAGE_NUMBER << PAGE_BITS);
        if (Long.compareUnsigned(offset, RawMemory.getLong(area + codeRange() + 8)) < 0) {
            setCodeRange(area, 0, 0);
        }
        add(area + CpuArea.IDLE_TRANSLATIONS, operand);
    }

    /** @param va address whose page's code was invalidated */
    public static void addCode(long area, long va) {
        if (!isTranslationIdle(area, va)) {
            add(area + CpuArea.IDLE_CODE, va & -1L << PAGE_BITS);
        }
    }

    /** True if a page's invalidations by address are in the list. */
    public static boolean isTranslationIdle(long area, long va) {
        for (int n = 0; n < ENTRIES; n++) {
            long operand = RawMemory.getLong(area + translation(n));
            if (operand != EMPTY && (va >>> PAGE_BITS & PAGE_NUMBER) == (operand & PAGE_NUMBER)) {
                return true;
            }
        }
        return false;
    }

    /** True if one of the lists has something of a page. */
    public static boolean names(long area, long va) {
        boolean named = isTranslationIdle(area, va);
        for (int n = 0; n < ENTRIES; n++) {
            named |= RawMemory.getLong(area + code(n)) == (va & -1L << PAGE_BITS);
        }
        return named || Long.compareUnsigned(va - RawMemory.getLong(area + codeRange()), RawMemory.getLong(area + codeRange() + 8)) < 0;
    }

    /** Pages of which nothing is known that an instruction cache invalidation could concern, none of them {@link #isTranslationIdle}. */
    public static void setCodeRange(long area, long va, long bytes) {
        RawMemory.putLong(area + codeRange(), va);
        RawMemory.putLong(area + codeRange() + 8, bytes);
    }

    private static void add(long list, long value) {
        for (int n = ENTRIES - 1; n > 0; n--) {
            RawMemory.putLong(list + 8L * n, RawMemory.getLong(list + 8L * (n - 1)));
        }
        RawMemory.putLong(list, value);
    }

    /** Something was mapped, or code was found: any invalidation may concern it. */
    public static void clear(long area) {
        clearCode(area);
        for (int n = 0; n < ENTRIES; n++) {
            RawMemory.putLong(area + translation(n), EMPTY);
        }
    }

    /** Addresses may be translated in another way now. */
    public static void clearCode(long area) {
        setCodeRange(area, 0, 0);
        for (int n = 0; n < ENTRIES; n++) {
            RawMemory.putLong(area + code(n), EMPTY);
        }
    }
}
