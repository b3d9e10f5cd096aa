package io.stele.tools.report;

/** The exit codes of the command. A signal's is 128 plus its number, which the JVM itself returns after its shutdown hooks. */
public final class ExitCode {
    /** {@code boot}: the guest powered off, or Ctrl-A X. */
    public static final int OK = 0;
    /** Something went wrong; standard error says what. */
    public static final int ERROR = 1;
    /** Wrong options or arguments. */
    public static final int USAGE = 2;
    /** {@code boot}: the guest's kernel panicked. */
    public static final int PANIC = 3;
    /** {@code run}: the guest's kernel panicked. */
    public static final int RUN_PANIC = 123;
    /** {@code --timeout} is over. */
    public static final int TIMEOUT = 124;
    /** {@code run}: Stele could not run the command to its end. */
    public static final int RUN_ERROR = 125;
    /** {@code run}: Ctrl-A X. */
    public static final int INTERRUPTED = 130;
    /** Standard output was closed by its reader, as after SIGPIPE. */
    public static final int OUTPUT_CLOSED = 141;

    private ExitCode() {
    }
}
