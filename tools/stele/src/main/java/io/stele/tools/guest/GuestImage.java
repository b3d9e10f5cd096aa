package io.stele.tools.guest;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** The default guest: a kernel and the initramfs that is packed around busybox for each boot. */
public final class GuestImage {
    private static final int ROOM_FOR_SCRIPTS = 1 << 14;

    private final Path kernel;
    private final byte[] busybox;

    /** @param kernel the kernel's file; @param busybox the program, statically linked for arm64 */
    public GuestImage(Path kernel, byte[] busybox) {
        this.kernel = kernel;
        this.busybox = busybox;
    }

    /** The kernel's file. */
    public Path kernel() {
        return kernel;
    }

    /** The program busybox. */
    public byte[] busybox() {
        return busybox;
    }

    /** An initramfs that gives a shell. @param term the terminal's type; @param rows and columns: its size, 0 if that is not known */
    public byte[] shellInitramfs(String term, int rows, int columns) {
        return base()
            .file("etc/console", 0644, GuestScripts.console(rows, columns))
            .file("init", 0755, GuestScripts.boot(term))
            .finish();
    }

    /** How {@code stele run} is connected on the host's side. */
    public record Connection(boolean inputIsTerminal, boolean inputIsEmpty, boolean separateErrors, String term, int rows, int columns) {
    }

    /** An initramfs that runs one command. @param word of the marks, from {@link #newWord} */
    public byte[] commandInitramfs(String word, Connection connection, List<String> command) {
        GuestScripts.Wiring wiring = connection.inputIsTerminal ? GuestScripts.Wiring.TERMINAL
            : connection.inputIsEmpty ? GuestScripts.Wiring.NONE : GuestScripts.Wiring.STREAM;
        return base()
            .directory("stele", 0755)
            .file("stele/command", 0644, GuestScripts.command(command))
            .file("init", 0755,
                GuestScripts.run(word, wiring, connection.separateErrors, connection.term, connection.rows, connection.columns))
            .finish();
    }

    /** A word that no output contains by accident. */
    public static String newWord() {
        return "stele-" + Long.toHexString(new SplittableRandom().nextLong() | Long.MIN_VALUE) + "-";
    }

    private CpioWriter base() {
        return new CpioWriter(busybox.length + ROOM_FOR_SCRIPTS)
            .directory("bin", 0755)
            .directory("dev", 0755)
            .directory("etc", 0755)
            .directory("proc", 0555)
            .directory("root", 0700)
            .directory("sys", 0555)
            .directory("tmp", 01777)
            .characterDevice("dev/console", 0600, 5, 1)
            .characterDevice("dev/null", 0666, 1, 3)
            .file("etc/passwd", 0644, "root:x:0:0:root:/root:/bin/sh\n")
            .file("etc/group", 0644, "root:x:0:\n")
            .file("bin/busybox", 0755, busybox);
    }
}
