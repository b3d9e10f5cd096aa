package io.stele.isac.diagnostics;

/** One mistake in a description; ends the check of the declaration it stands in. */
public final class CompileError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Position position;

    public CompileError(Position position, String message) {
        super(message, null, false, false);
        this.position = position;
    }

    public Position position() {
        return position;
    }

    @Override
    public String toString() {
        return position + ": " + getMessage();
    }
}
