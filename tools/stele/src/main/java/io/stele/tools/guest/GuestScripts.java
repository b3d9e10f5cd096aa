package io.stele.tools.guest;

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

    private static final String TERMINAL = "/dev/hvc0";

    private GuestScripts() {
    }

    /**
     * A shell with job control. As process 1 the script obeys the signals by which busybox' poweroff, reboot and halt ask
     * for the system's end.
     *
     * @param setUp lines to run before
     */
    static String boot(String term, String setUp) {
        return "#!/bin/busybox sh\necho '" + MARKER + "'\n" + MOUNT + "export TERM=" + shellQuote(term) + "\n" + setUp + """
            hostname stele
            mkdir -p /dev/pts
            mount -t devpts pts /dev/pts
            trap 'poweroff -f' USR2
            trap 'reboot -f' TERM
            trap 'halt -f' USR1
            cd /root
            # The second setsid forks, as the first has made it a leader; so this line returns. A "&" would leave Ctrl-C ignored for good.
            setsid setsid sh /etc/console
            while :; do
                sleep 2147483647 &
                wait $!
            done
            """;
    }

    /** Gives a terminal a login shell, and the next one when that ends. @param device the terminal's */
    static String console(String device, int rows, int columns) {
        String size = size(rows, columns);
        return ((size.isEmpty() ? "" : "stty" + size + " <DEVICE\n") + """
            echo >DEVICE
            echo 'Type "poweroff" to power off; Ctrl-A X quits, Ctrl-A H helps.' >DEVICE
            while :; do
                setsid cttyhack sh -l <DEVICE >DEVICE 2>&1
            done
            """).replace("DEVICE", device);
    }

    /** For stty; empty if the size is not known. */
    private static String size(int rows, int columns) {
        return rows > 0 && columns > 0 ? " rows " + rows + " cols " + columns : "";
    }

    /**
     * Runs one command. What it and the host tell each other goes over the port {@link Streams#CONTROL}, in lines: to the host
     * {@code B}, the command begins; {@code E} and a text, it cannot; {@code X} and a number, its status; to the guest names of signals.
     *
     * @param setUp lines to run before, and tearDown those to run after the command
     */
    static String run(Streams streams, String setUp, String tearDown) {
        StringBuilder script = new StringBuilder(2048);
        script.append("#!/bin/busybox sh\n").append(MOUNT).append("export TERM=").append(shellQuote(streams.term())).append('\n');
        script.append("mkdir -p /dev/pts\nmount -t devpts pts /dev/pts\ncd /root\n");
        script.append(setUp);
        StringBuilder redirections = new StringBuilder();
        script.append("copiers=\n");
        if (streams.input() == Streams.Kind.PIPE) {
            script.append("mkfifo /stele/in\nport ").append(Streams.INPUT).append("\ndd bs=64k <$port >/stele/in 2>/dev/null 3>&- &\n");
        }
        redirections.append(" <").append(switch (streams.input()) {
            case TERMINAL -> TERMINAL;
            case PIPE -> "/stele/in";
            default -> "/dev/null";
        });
        script.append(output(streams.output(), Streams.OUTPUT, "/stele/out"));
        redirections.append(" >").append(streams.output() == Streams.Kind.TERMINAL ? TERMINAL : "/stele/out");
        script.append(output(streams.errors(), Streams.ERRORS, "/stele/err"));
        redirections.append(" 2>").append(switch (streams.errors()) {
            case TERMINAL -> TERMINAL;
            case PIPE -> "/stele/err";
            default -> "&1";
        });
        if (streams.hasTerminal()) {
            // No output processing: the host's terminal does that. A terminal that nobody has open forgets its settings.
            script.append("exec 4<>" + TERMINAL + "\nstty -opost").append(size(streams.rows(), streams.columns())).append(" <&4\n");
        }
        script.append("""
            while read signal; do
                until [ -s /stele/pid ]; do usleep 10000; done
                kill -s $signal $(cat /stele/pid)
            done <&3 >/dev/null 2>&1 &
            echo B >&3
            """);
        // In a shell of its own: the end of the copier of the input would interrupt this one while it opens the next pipe.
        script.append("(exec ").append(streams.input() == Streams.Kind.TERMINAL ? "setsid -c " : "").append("sh /stele/command").append(redirections)
            .append(streams.hasTerminal() ? " 3>&- 4>&-)\n" : " 3>&-)\n");
        script.append("""
            status=$?
            for p in /proc/[0-9]*; do
                case " 1 $copiers " in
                    *" ${p#/proc/} "*) ;;
                    *) kill -9 ${p#/proc/} ;;
                esac
            done 2>/dev/null
            """);
        // A copier whose pipe the command never got to open sees its end, too.
        if (streams.output() == Streams.Kind.PIPE) {
            script.append(": <>/stele/out\n");
        }
        if (streams.errors() == Streams.Kind.PIPE) {
            script.append(": <>/stele/err\n");
        }
        script.append("wait $copiers\n");
        script.append(tearDown);
        script.append("echo X $status >&3\npoweroff -f\n");
        return script.toString();
    }

    private static String output(Streams.Kind kind, String port, String pipe) {
        return kind != Streams.Kind.PIPE ? ""
            : "mkfifo " + pipe + "\nport " + port + "\ndd bs=64k <" + pipe + " >$port 2>/dev/null 3>&- &\ncopiers=\"$copiers $!\"\n";
    }

    /**
     * The lines that find the ports of the console device: {@code port NAME} sets {@code port}, and {@code fail TEXT} tells the host why
     * the command cannot be run. The control port is the last one, so the host's end of all others is open when its own is.
     */
    static String ports() {
        return """
            port() {
                while :; do
                    for p in /sys/class/virtio-ports/*; do
                        read -r name <$p/name && [ "$name" = "$1" ] && { port=/dev/${p##*/}; return; }
                    done 2>/dev/null
                    usleep 2000
                done
            }
            fail() {
                echo "E $*" >&3
                poweroff -f
            }
            port CONTROL
            exec 3<>$port
            """.replace("CONTROL", Streams.CONTROL);
    }

    /** Words, each of them quoted, with a blank before each. */
    static String quoted(List<String> words) {
        StringBuilder script = new StringBuilder();
        for (String word : words) {
            script.append(' ').append(shellQuote(word));
        }
        return script.toString();
    }

    static String shellQuote(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
