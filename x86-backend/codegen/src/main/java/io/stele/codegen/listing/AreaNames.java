package io.stele.codegen.listing;

import io.stele.codegen.CpuArea;
import io.stele.codegen.RegionLookup;
import io.stele.guest.GuestIsa;

/** Names of what is in the CPU area, for dumps. */
final class AreaNames {
    private AreaNames() {}

    /** Name of the field at an offset from the start of the area. */
    static String name(int offset, GuestIsa isa) {
        if (offset < CpuArea.GUEST_STATE_BYTES) {
            return offset < 0 ? "below the area" : isa.stateName(offset);
        }
        for (int view = 0; view < 2; view++) {
            for (int slot = 0; slot < CpuArea.REGION_SLOTS; slot++) {
                if (offset == CpuArea.regionK(view, slot)) {
                    return "K " + view + ":" + slot;
                }
                if (offset == CpuArea.regionId(view, slot)) {
                    return "region " + view + ":" + slot;
                }
            }
        }
        if (offset >= CpuArea.PROBE_TABLE && offset < CpuArea.PROBE_TABLE + 16 * CpuArea.PROBE_ENTRIES) {
            return within("page probe table", offset - CpuArea.PROBE_TABLE);
        }
        if (offset >= CpuArea.REGION_TABLE && offset < CpuArea.REGION_TABLE + RegionLookup.BYTES) {
            return within("region table", offset - CpuArea.REGION_TABLE);
        }
        if (offset == CpuArea.NEXT_CONTEXT) {
            return "next context";
        }
        for (int n = 0; n < CpuArea.VALUE_SPILL_SLOTS + CpuArea.SCRATCH_SLOTS; n++) {
            if (offset == CpuArea.spill(n)) {
                return "spill " + n;
            }
        }
        for (int n = 0; n < CpuArea.REGION_SPILL_SLOTS; n++) {
            if (offset == CpuArea.regionSpill(n)) {
                return "K spill " + n;
            }
        }
        for (int n = 0; n < CpuArea.VECTOR_SPILL_SLOTS; n++) {
            if (offset == CpuArea.vectorSpill(n)) {
                return "vector spill " + n;
            }
        }
        return switch (offset) {
            case CpuArea.INTERRUPT_PENDING -> "interrupt pending";
            case CpuArea.INTERRUPT_LINE -> "interrupt line";
            case CpuArea.CONTEXT -> "context";
            case CpuArea.LEVEL_TAGS -> "tag of level 0";
            case CpuArea.LEVEL_TAGS + 8 -> "tag of level 1";
            case CpuArea.MONITOR_ADDRESS -> "monitor address";
            case CpuArea.MONITOR_SIZE -> "monitor size";
            case CpuArea.MONITOR_LOW -> "monitor value, low";
            case CpuArea.MONITOR_HIGH -> "monitor value, high";
            case CpuArea.PAUSES -> "pauses";
            case CpuArea.LEAVE_REASON -> "leave reason";
            case CpuArea.LEAVE_ARGUMENT -> "leave argument";
            case CpuArea.MXCSR -> "mxcsr";
            case CpuArea.MXCSR_NEAREST, CpuArea.MXCSR_FLUSHING -> "mxcsr of its own";
            case CpuArea.MAGNITUDE_32, CpuArea.MAGNITUDE_64 -> "magnitude";
            case CpuArea.SMALLEST_NORMAL_32, CpuArea.SMALLEST_NORMAL_64 -> "smallest normal";
            case CpuArea.COUNTER_BASE -> "counter base";
            case CpuArea.COUNTER_SCALE -> "counter scale";
            case CpuArea.COUNTER_OFFSET -> "counter offset";
            default -> within("area", offset);
        };
    }

    private static String within(String what, int offset) {
        return offset == 0 ? what : what + "+0x" + Integer.toHexString(offset);
    }
}
