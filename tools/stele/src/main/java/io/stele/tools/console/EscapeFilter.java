package io.stele.tools.console;

/** Finds the commands among the keys: Ctrl-A, then a letter. All other keys go to the guest. */
public final class EscapeFilter {
    /** What a key that follows Ctrl-A asks for. */
    public enum Command {
        /** Ctrl-A X. */
        QUIT,
        /** Ctrl-A H, or Ctrl-A ?. */
        HELP
    }

    /** Who carries the commands out. */
    public interface Listener {
        /** Called in the order of the keys; what comes before the command is not yet with the guest. */
        void command(Command command);
    }

    /** The lines that {@link Command#HELP} shows. */
    public static final String HELP_TEXT = """
        Ctrl-A X       quit
        Ctrl-A H       this help
        Ctrl-A Ctrl-A  send Ctrl-A to the guest
        """;

    private static final byte ESCAPE = 1;

    private final Listener listener;
    private boolean escaped;

    public EscapeFilter(Listener listener) {
        this.listener = listener;
    }

    /**
     * Takes keys and keeps those that are for the guest, in place. A Ctrl-A whose second key is none of the commands is dropped
     * together with it.
     *
     * @return how many bytes, from the first of {@code keys} on, are for the guest
     */
    public int filter(byte[] keys, int length) {
        int kept = 0;
        for (int i = 0; i < length; i++) {
            byte key = keys[i];
            if (!escaped) {
                if (key == ESCAPE) {
                    escaped = true;
                } else {
                    keys[kept++] = key;
                }
                continue;
            }
            escaped = false;
            switch (key) {
                case ESCAPE -> keys[kept++] = ESCAPE;
                // With Ctrl still held down, X is 0x18 and H is 0x08, as in picocom.
                case 'x', 'X', 0x18 -> listener.command(Command.QUIT);
                case 'h', 'H', '?', 0x08 -> listener.command(Command.HELP);
                default -> {
                }
            }
        }
        return kept;
    }
}
