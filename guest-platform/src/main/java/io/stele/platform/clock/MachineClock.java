package io.stele.platform.clock;

/** Time, as the devices see it. */
public interface MachineClock {
    /** The guest's counter now, in ticks of {@link io.stele.platform.timer.GenericTimer#FREQUENCY}; never goes back. */
    long counter();

    /** The time of day, in seconds since 1970-01-01T00:00:00Z. */
    long epochSeconds();

    /** The guest set a timer or an alarm, so that a device has to be polled earlier than it said before. Called with its lock held. */
    void deadlineEarlier();

    /** A CPU that waits for an event gets it from its timer. Called with the timer's lock held. */
    void timerEvent(int cpu);
}
