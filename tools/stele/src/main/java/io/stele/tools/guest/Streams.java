package io.stele.tools.guest;

/**
 * How a command's standard streams are connected in the guest.
 *
 * @param term the terminal's type
 * @param rows and columns: the terminal's size; 0 if that is not known
 */
public record Streams(Kind input, Kind output, Kind errors, String term, int rows, int columns) {
    /** Port of the console device by which /init and Stele tell each other about the command, in lines. */
    public static final String CONTROL = "stele";
    /** Port of standard input. */
    public static final String INPUT = "stele.in";
    /** Port of standard output. */
    public static final String OUTPUT = "stele.out";
    /** Port of standard error. */
    public static final String ERRORS = "stele.err";

    /** What a stream is. */
    public enum Kind {
        /** The guest's terminal, hvc0. */
        TERMINAL,
        /** A pipe in the guest, and a port of its own. */
        PIPE,
        /** An empty input. */
        NONE,
        /** Standard error that goes where standard output goes. */
        LIKE_OUTPUT
    }

    /** Whether the command has a terminal. */
    public boolean hasTerminal() {
        return input == Kind.TERMINAL || output == Kind.TERMINAL || errors == Kind.TERMINAL;
    }
}
