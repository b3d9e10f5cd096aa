package io.stele.arm64.hooks;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.system.RegisterTable;
import io.stele.arm64.system.VirtualTimer;
import io.stele.ir.IrBuilder;

/** CNTV_CTL_EL0 and CNTV_CVAL_EL0 at EL1 in generated code, see {@link VirtualTimer}. */
final class TimerHooks {
    private TimerHooks() {}

    static boolean handles(int encoding) {
        return encoding == RegisterTable.CNTV_CTL_EL0 || encoding == RegisterTable.CNTV_CVAL_EL0;
    }

    static int read(IrBuilder b, int encoding) {
        int compare = b.loadState(8, GuestState.VTIMER_COMPARE_OFFSET);
        if (encoding == RegisterTable.CNTV_CVAL_EL0) {
            return compare;
        }
        int now = b.readCounter();
        // Who sees ISTATUS finds the interrupt pending: if the timer is late to look, it does so now.
        int behind = b.add(64, now, b.constant(64, 1));
        b.interpretIf(b.lessUnsigned(64, b.loadState(8, GuestState.VTIMER_LOOK_OFFSET), behind));
        int control = b.loadState(8, GuestState.VTIMER_CONTROL_OFFSET);
        int reached = b.select(64, b.lessUnsigned(64, now, compare), b.constant(64, 0), b.constant(64, VirtualTimer.ENABLE));
        return b.or(64, control, b.shl(64, b.and(64, control, reached), b.constant(64, VirtualTimer.ISTATUS_BIT)));
    }

    static void write(IrBuilder b, int encoding, int v) {
        boolean control = encoding == RegisterTable.CNTV_CTL_EL0;
        int bits = b.and(64, control ? v : b.loadState(8, GuestState.VTIMER_CONTROL_OFFSET),
                b.constant(64, VirtualTimer.ENABLE | VirtualTimer.IMASK));
        int compare = control ? b.loadState(8, GuestState.VTIMER_COMPARE_OFFSET) : v;
        b.storeState(8, control ? GuestState.VTIMER_CONTROL_OFFSET : GuestState.VTIMER_COMPARE_OFFSET, control ? bits : v);
        b.storeState(8, GuestState.VTIMER_WRITTEN_OFFSET, b.constant(64, 1));
        // Java writes the same once more.
        b.fence(IrBuilder.FENCE_FULL);
        int armed = b.equal(64, bits, b.constant(64, VirtualTimer.ENABLE));
        int look = b.select(64, armed, b.loadState(8, GuestState.VTIMER_LOOK_OFFSET), b.constant(64, 0));
        b.interpretIf(b.lessUnsigned(64, compare, look));
    }
}
