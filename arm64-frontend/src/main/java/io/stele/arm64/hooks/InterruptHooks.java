package io.stele.arm64.hooks;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.system.LentInterrupts;
import io.stele.arm64.system.RegisterTable;
import io.stele.codegen.CpuArea;
import io.stele.ir.IrBuilder;

/** ICC_IAR1_EL1 and ICC_EOIR1_EL1 at EL1 in generated code, see {@link LentInterrupts}. */
final class InterruptHooks {
    private static final int HANDED_BIT = 8 * (CpuArea.INTERRUPT_HANDED - CpuArea.INTERRUPT_LINE);

    private InterruptHooks() {}

    /** INTID of the interrupt that was handed over; any other one is acknowledged in Java. */
    static int acknowledge(IrBuilder b) {
        int handed = b.ubfx(64, b.zext(32, 64, b.loadState(4, CpuArea.INTERRUPT_LINE)), HANDED_BIT, 16);
        b.interpretIf(b.isZero(64, handed));
        b.storeState(2, CpuArea.INTERRUPT_HANDED, b.constant(64, 0));
        done(b, LentInterrupts.ACKNOWLEDGED);
        // Who makes the same interrupt pending again has either seen this, or written all that it announces before.
        b.fence(IrBuilder.FENCE_FULL);
        return b.sub(64, handed, b.constant(64, 1));
    }

    /** Ends the interrupt that Java has named, once it is acknowledged. */
    static void end(IrBuilder b, int v) {
        int lent = b.loadState(8, GuestState.ICC_END_OFFSET);
        int other = b.xor(64, b.add(64, v, b.constant(64, 1)), lent);
        b.interpretIf(b.isZero(64, lent));
        int handed = b.ubfx(64, b.zext(32, 64, b.loadState(4, CpuArea.INTERRUPT_LINE)), HANDED_BIT, 16);
        b.interpretIf(b.isNonZero(64, b.or(64, other, handed)));
        b.storeState(8, GuestState.ICC_END_OFFSET, b.constant(64, 0));
        done(b, LentInterrupts.ENDED);
        // Who asserts a line has either seen this, or is seen here: Java ends the interrupt once more, which does nothing, and looks.
        b.fence(IrBuilder.FENCE_FULL);
        b.interpretIf(b.isNonZero(32, b.loadState(4, CpuArea.INTERRUPT_LINE)));
    }

    private static void done(IrBuilder b, int bit) {
        b.storeState(8, GuestState.ICC_DONE_OFFSET, b.or(64, b.loadState(8, GuestState.ICC_DONE_OFFSET), b.constant(64, bit)));
    }

    /** Bits 0 and 1: IRQ or an interrupt that was handed over, FIQ; others are not 0. */
    static int lines(IrBuilder b) {
        int lines = b.loadState(4, CpuArea.INTERRUPT_LINE);
        int handed = b.condToBits(32, b.isNonZero(32, b.and(32, lines, b.constant(32, -1 << HANDED_BIT))));
        return b.or(32, lines, handed);
    }
}
