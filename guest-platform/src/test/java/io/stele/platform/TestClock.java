package io.stele.platform;

import io.stele.platform.clock.MachineClock;

/** Time that tests set by hand. */
public class TestClock implements MachineClock {
    public long ticks;
    public long seconds;
    public int earlierDeadlines;
    /** By CPU. */
    public final int[] timerEvents = new int[8];

    public TestClock() {}

    @Override
    public long counter() {
        return ticks;
    }

    @Override
    public long epochSeconds() {
        return seconds;
    }

    @Override
    public void deadlineEarlier() {
        earlierDeadlines++;
    }

    @Override
    public void timerEvent(int cpu) {
        timerEvents[cpu]++;
    }
}
