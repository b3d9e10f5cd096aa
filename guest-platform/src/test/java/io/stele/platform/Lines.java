package io.stele.platform;

import io.stele.platform.irq.InterruptController;
import io.stele.platform.irq.InterruptOutput;

/** An interrupt controller that remembers the level of its inputs. */
public final class Lines implements InterruptController {
    private final boolean[] levels = new boolean[1024];

    public Lines() {}

    @Override
    public void setLine(int intid, int cpu, boolean level) {
        levels[cpu * 64 + intid] = level;
    }

    public boolean isHigh(int intid, int cpu) {
        return levels[cpu * 64 + intid];
    }

    public InterruptOutput output(int intid) {
        return new InterruptOutput(this, intid, 0);
    }
}
