package io.stele.tools.guest;

import io.stele.tools.console.RunFilter;
import java.util.List;

/** The /init scripts of the default guest, for busybox' shell. */
final class GuestScripts {
    /** The first line that /init prints; measurements of the boot wait for it. */
    static final String MARKER = "stele: /init is running";

    private static final String MOUNT = """
        B=/bin/busybox
        $B mount -t devtmpfs dev /dev
        $B mount -t proc proc /proc
        $B mount -t sysfs sys /sys
        $B --install -s /bin
        export PATH=/bin HOME=/root
        """;

    private GuestScripts() {
    }

    /**
     * A shell with job control on the console. As process 1 the script obeys the signals by which busybox' poweroff, reboot and halt ask
     * for the system's end.
     */
    static String boot(String term) {
        return "#!/bin/busybox sh\necho '" + MARKER + "'\n" + MOUNT + "export TERM=" + shellQuote(term) + """

            hostname stele
            mkdir -p /dev/pts
            mount -t devpts pts /dev/pts
            trap 'poweroff -f' USR2
            trap 'reboot -f' TERM
            trap 'halt -f' USR1
            cd /root
            echo
            echo 'Type "poweroff" to power off; Ctrl-A X quits, Ctrl-A H helps.'
            # The second setsid forks, as the first has made it a leader; so this line returns. A "&" would leave Ctrl-C ignored for good.
            setsid setsid sh /etc/console
            while :; do
                sleep 2147483647 &
                wait $!
            done
            """;
    }

    /** Gives the console a login shell, and the next one when that ends. */
    static String console(int rows, int columns) {
        String size = size(rows, columns);
        return (size.isEmpty() ? "" : "stty" + size + " </dev/console\n") + """
            while :; do
                setsid cttyhack sh -l </dev/console >/dev/console 2>&1
            done
            """;
    }

    /** For stty; empty if the size is not known. */
    private static String size(int rows, int columns) {
        return rows > 0 && columns > 0 ? " rows " + rows + " cols " + columns : "";
    }

    /** How a command is connected. */
    enum Wiring {
        /** Standard input is a terminal: so it is in the guest, with job control. */
        TERMINAL,
        /** Standard input is a stream, sent as {@code LineQuoter} does. */
        STREAM,
        /** Standard input is empty. */
        NONE
    }

    /**
     * Runs one command and tells by marks (see {@link RunFilter}) where its output begins and how it ended.
     *
     * @param word the marks' random word
     * @param setUp lines to run before, and tearDown those to run after the command
     * @param separateErrors mark standard error line by line, so that the host can tell it from standard output
     */
    static String run(String word, Wiring wiring, boolean separateErrors, String term, int rows, int columns, String setUp, String tearDown) {
        String mark = "\\036" + word;
        StringBuilder script = new StringBuilder(2048);
        script.append("#!/bin/busybox sh\n").append(MOUNT).append("export TERM=").append(shellQuote(term)).append('\n');
        script.append("mkdir -p /dev/pts\nmount -t devpts pts /dev/pts\ncd /root\n");
        script.append("exec </dev/ttyAMA0 >/dev/ttyAMA0 2>&1\n");
        // No output processing. In: end-of-file and literal-next are the only special characters, and the port says when it is full.
        script.append(wiring == Wiring.TERMINAL
            ? "stty -opost" + size(rows, columns) + "\n"
            : "stty -opost -echo -isig icanon iexten -icrnl -inlcr -igncr -ixon -ixany -istrip crtscts eof ^D lnext ^V"
                + " erase undef kill undef werase undef rprnt undef eol undef eol2 undef 2>/dev/null\n");
        script.append(setUp);
        String errors = "";
        if (separateErrors) {
            script.append("mkfifo /stele/err\n");
            script.append("awk '{ printf \"").append(mark).append("E%s\\n\", $0; fflush() }' </stele/err &\nerrors=$!\n");
            errors = " 2>/stele/err";
        }
        String input = switch (wiring) {
            case TERMINAL -> "";
            case NONE -> " </dev/null";
            case STREAM -> " </stele/in";
        };
        if (wiring == Wiring.STREAM) {
            script.append("mkfifo /stele/in\ncat </dev/ttyAMA0 >/stele/in 2>/dev/null &\n");
        }
        script.append("printf '").append(mark).append("B'\n");
        script.append(wiring == Wiring.TERMINAL ? "setsid -c " : "").append("sh /stele/command").append(input).append(errors).append('\n');
        script.append("status=$?\n");
        if (wiring == Wiring.TERMINAL) {
            // The end of the terminal's session has hung it up.
            script.append("exec </dev/ttyAMA0 >/dev/ttyAMA0 2>&1\n");
        }
        if (separateErrors) {
            script.append("wait $errors\n");
        }
        script.append(tearDown);
        script.append("printf '").append(mark).append("X%d\\n' $status\n");
        script.append("poweroff -f\n");
        return script.toString();
    }

    /** A script that becomes the command. */
    static String command(List<String> words) {
        StringBuilder script = new StringBuilder("exec");
        for (String word : words) {
            script.append(' ').append(shellQuote(word));
        }
        return script.append('\n').toString();
    }

    static String shellQuote(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
