package io.stele.arm64;

/** Thrown through the interpreter when an access has raised a guest exception, which is taken by then. Carries nothing and costs little. */
final class GuestAbort extends RuntimeException {
    static final GuestAbort TAKEN = new GuestAbort();

    private static final long serialVersionUID = 1L;

    private GuestAbort() {
        super("guest exception", null, false, false);
    }
}
