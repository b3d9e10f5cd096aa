package io.stele.arm64.oracle;

import io.stele.arm64.generated.GuestState;
import io.stele.codegen.CpuArea;
import io.stele.ir.HostFlags;
import io.stele.memory.RawMemory;

/** Moves an image to and from a CPU area and the memory block, both by host address. */
final class StateBlock {
    private StateBlock() {}

    static void load(long cpu, long memory, CpuImage image) {
        for (int n = 0; n < 31; n++) {
            RawMemory.putLong(cpu + GuestState.X_OFFSET + 8 * n, image.x(n));
        }
        RawMemory.putLong(cpu + GuestState.SP_OFFSET, image.sp());
        RawMemory.putInt(cpu + GuestState.NZCV_OFFSET, HostFlags.fromNzcv(image.nzcv()));
        RawMemory.putLong(cpu + GuestState.FPCR_OFFSET, image.fpcr());
        RawMemory.putLong(cpu + GuestState.FPSR_OFFSET, image.fpsr());
        for (int n = 0; n < 32; n++) {
            RawMemory.putLong(cpu + GuestState.V_OFFSET + 16 * n, image.v(n, 0));
            RawMemory.putLong(cpu + GuestState.V_OFFSET + 16 * n + 8, image.v(n, 1));
        }
        for (int i = 0; i < CpuImage.MEMORY_BYTES; i++) {
            RawMemory.putByte(memory + i, image.memory(i));
        }
        RawMemory.putLong(cpu + CpuArea.MONITOR_ADDRESS, -1);
    }

    /** @param fpsr flags that were raised, to be added to those in the state */
    static void store(long cpu, long memory, CpuImage image, long fpsr) {
        for (int n = 0; n < 31; n++) {
            image.x(n, RawMemory.getLong(cpu + GuestState.X_OFFSET + 8 * n));
        }
        image.sp(RawMemory.getLong(cpu + GuestState.SP_OFFSET));
        image.nzcv(HostFlags.toNzcv(RawMemory.getInt(cpu + GuestState.NZCV_OFFSET)));
        image.fpcr(RawMemory.getLong(cpu + GuestState.FPCR_OFFSET));
        image.fpsr(RawMemory.getLong(cpu + GuestState.FPSR_OFFSET) | fpsr);
        for (int n = 0; n < 32; n++) {
            image.v(n, 0, RawMemory.getLong(cpu + GuestState.V_OFFSET + 16 * n));
            image.v(n, 1, RawMemory.getLong(cpu + GuestState.V_OFFSET + 16 * n + 8));
        }
        for (int i = 0; i < CpuImage.MEMORY_BYTES; i++) {
            image.memory(i, RawMemory.getByte(memory + i));
        }
    }
}
