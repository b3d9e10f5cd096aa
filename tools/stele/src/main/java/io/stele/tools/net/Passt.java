package io.stele.tools.net;

import io.stele.kvm.libc.StreamSocket;
import io.stele.platform.virtio.net.NetBackend;
import io.stele.platform.virtio.net.StreamBackend;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The network of {@code --net user}: a {@code passt} process, which translates between the guest's frames and sockets of the host. It ends
 * when the connection to it does, so also when this program is killed.
 */
public final class Passt {
    /** The largest IP packet that passt takes and announces by DHCP. */
    private static final int MTU = 65520;
    private static final long START_PATIENCE_NANOS = 10_000_000_000L;
    private static final int START_LOOK_MILLIS = 5;

    private Passt() {
    }

    /** Whether the program is installed. */
    public static boolean isInstalled() {
        for (String folder : System.getenv().getOrDefault("PATH", "/usr/bin").split(":")) {
            if (Files.isExecutable(Path.of(folder, "passt"))) {
                return true;
            }
        }
        return false;
    }

    /** Starts it. @param forwards HOST:GUEST pairs of TCP ports */
    public static NetBackend start(List<String> forwards) {
        try {
            // passt gives up root's rights before it makes its socket.
            Path folder = Files.createTempDirectory("stele-net");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
            try {
                return connect(folder, forwards);
            } finally {
                for (String name : List.of("socket", "log", "")) {
                    folder.resolve(name).toFile().delete();
                }
            }
        } catch (IOException e) {
            throw new UserException("--net user: cannot run passt: " + e.getMessage());
        }
    }

    private static NetBackend connect(Path folder, List<String> forwards) throws IOException {
        Path socket = folder.resolve("socket");
        Path log = folder.resolve("log");
        List<String> command = new ArrayList<>(List.of("setsid", "passt", "--foreground", "--quiet", "--stderr", "--one-off", "--socket",
            socket.toString()));
        for (String forward : forwards) {
            command.add("--tcp-ports");
            command.add(forward);
        }
        Process passt = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        long end = System.nanoTime() + START_PATIENCE_NANOS;
        while (true) {
            try {
                return new StreamBackend(StreamSocket.connect(socket), "passt", MTU, () -> end(passt));
            } catch (IOException e) {
                if (!passt.isAlive() || System.nanoTime() > end) {
                    passt.destroy();
                    throw new UserException("--net user: passt " + reason(log, forwards));
                }
                pause(passt);
            }
        }
    }

    private static void pause(Process passt) {
        try {
            passt.waitFor(START_LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void end(Process passt) {
        pause(passt);
        passt.destroy();
    }

    /** The last word of the program that is not about the system's log. */
    private static String reason(Path log, List<String> forwards) throws IOException {
        String reason = "did not start";
        for (String line : Files.readString(log, StandardCharsets.UTF_8).split("\n")) {
            if (!line.isBlank() && !line.contains("syslog") && !line.startsWith("Don't run as root")) {
                reason = "says: " + line.strip();
            }
        }
        return reason + (forwards.isEmpty() ? "" : " (is a port of --forward in use?)");
    }
}
