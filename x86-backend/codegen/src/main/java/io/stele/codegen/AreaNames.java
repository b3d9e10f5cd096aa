package io.stele.codegen;

import io.stele.guest.GuestIsa;

/** Names of what is in the CPU area, for dumps. */
final class AreaNames {
    private AreaNames() {}

    /** Name of the field at an offset from the start of the area. */
    static String name(int offset, GuestIsa isa) {
        if (offset < CpuArea.GUEST_STATE_BYTES) {
            return offset < 0 ? "below the area" : isa.stateName(offset);
        }
        if (offset >= CpuArea.PROBE_TABLE) {
            return within("page probe table", offset - CpuArea.PROBE_TABLE);
        }
        if (offset >= CpuArea.REGION_TABLE && offset < CpuArea.REGION_TABLE + 2 * CpuArea.REGION_TABLE_STRIDE) {
            int inside = offset - CpuArea.REGION_TABLE;
            return within("region table " + inside / CpuArea.REGION_TABLE_STRIDE, inside % CpuArea.REGION_TABLE_STRIDE);
        }
        if (offset >= CpuArea.REGION_K && offset < CpuArea.REGION_K + 2 * CpuArea.REGION_K_STRIDE) {
            int inside = offset - CpuArea.REGION_K;
            return "K " + inside / CpuArea.REGION_K_STRIDE + ":" + inside % CpuArea.REGION_K_STRIDE / 8;
        }
        if (offset >= CpuArea.REGION_ID && offset < CpuArea.REGION_ID + 2 * CpuArea.REGION_ID_STRIDE) {
            int inside = offset - CpuArea.REGION_ID;
            return "region " + inside / CpuArea.REGION_ID_STRIDE + ":" + inside % CpuArea.REGION_ID_STRIDE / 4;
        }
        if (offset >= CpuArea.VECTOR_SPILL && offset < CpuArea.VECTOR_SPILL + 16 * CpuArea.VECTOR_SPILL_SLOTS) {
            return "vector spill " + (offset - CpuArea.VECTOR_SPILL) / 16;
        }
        if (offset >= CpuArea.SPILL && offset < CpuArea.SPILL + 8 * CpuArea.SPILL_SLOTS) {
            return "spill " + (offset - CpuArea.SPILL) / 8;
        }
        return switch (offset) {
            case CpuArea.INTERRUPT_PENDING -> "interrupt pending";
            case CpuArea.INTERRUPT_LINE -> "interrupt line";
            case CpuArea.CONTEXT_TAG -> "context tag";
            case CpuArea.LEVEL_TAGS -> "tag of level 0";
            case CpuArea.LEVEL_TAGS + 8 -> "tag of level 1";
            case CpuArea.MONITOR_ADDRESS -> "monitor address";
            case CpuArea.MONITOR_SIZE -> "monitor size";
            case CpuArea.MONITOR_LOW -> "monitor value, low";
            case CpuArea.MONITOR_HIGH -> "monitor value, high";
            case CpuArea.LEAVE_REASON -> "leave reason";
            case CpuArea.LEAVE_EXIT -> "leave exit";
            case CpuArea.LEAVE_ARGUMENT -> "leave argument";
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
