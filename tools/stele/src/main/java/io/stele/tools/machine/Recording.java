package io.stele.tools.machine;

/**
 * What is kept of a run, to be looked at behind it.
 *
 * @param code what was generated: needed for dumps
 * @param passes also the operations of what was generated, before and after each pass
 * @param samples where the guest spent its time
 * @param events what the runtime does, one by one
 * @param census what became of its instructions, for {@link GuestMachine#statistics}
 */
public record Recording(boolean code, boolean passes, boolean samples, boolean events, boolean census) {
    public static final Recording NONE = new Recording(false, false, false, false, false);
}
