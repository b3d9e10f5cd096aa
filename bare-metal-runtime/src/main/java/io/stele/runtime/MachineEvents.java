package io.stele.runtime;

/** What the devices want from the thread that serves, which owns them. */
public interface MachineEvents {
    /**
     * Handles what is due (timers, input).
     *
     * @return the guest counter at the next deadline; {@link Long#MAX_VALUE} when there is none
     */
    long poll();
}
