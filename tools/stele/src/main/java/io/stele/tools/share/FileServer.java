package io.stele.tools.share;

import io.stele.kvm.libc.Folder;
import io.stele.kvm.libc.Libc;
import io.stele.kvm.libc.StreamSocket;
import io.stele.platform.virtio.share.VirtioShare;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The file server of {@code --share DIR:TAG}: {@code diod} in a sandbox of {@code bwrap}, whose mount namespace has the folder, the
 * programs and libraries below /usr, and nothing else. It speaks 9p2000.L over a unix socket and ends with this program.
 */
public final class FileServer {
    /** Where the folder is in the sandbox: what the guest names as {@code aname}. */
    public static final String EXPORT = "/share";

    private static final String PASSWD = "passwd";
    private static final String GROUP = "group";
    /** Maps the user to root and the user's range of /etc/subuid to all others, as rootless containers do. */
    private static final List<String> MAPPING = List.of("unshare", "--user", "--map-root-user", "--map-auto", "--");
    private static final long START_PATIENCE_NANOS = 10_000_000_000L;
    private static final int START_LOOK_MILLIS = 5;

    private FileServer() {
    }

    /** A share of the command line. @param folder of the host; @param tag by which the guest mounts it */
    public record Share(Path folder, String tag) {
        /** Reads {@code DIR:TAG}. */
        public static Share parse(String text) {
            int colon = text.lastIndexOf(':');
            if (colon <= 0 || colon == text.length() - 1) {
                throw new UserException(ExitCode.USAGE, "--share: '" + text + "' is not DIR:TAG");
            }
            return of("--share", text.substring(0, colon), text.substring(colon + 1));
        }

        /** @param option that names the folder, for messages */
        public static Share of(String option, String folder, String tag) {
            if (!Files.isDirectory(Path.of(folder))) {
                throw new UserException(option + ": there is no folder " + folder);
            }
            return new Share(Path.of(folder).toAbsolutePath().normalize(), tag);
        }
    }

    /** Whose the files are that a user of the guest makes. */
    public enum Owners {
        /** The user of the host with the same number. */
        SAME,
        /** This program's user for root, and a user of that one's range in /etc/subuid for each other one. */
        MAPPED,
        /** This program's user, whoever acts in the guest; nobody can change it. */
        ONE;

        /** Whether the guest's users are told apart. */
        public boolean areKept() {
            return this != ONE;
        }

        /** What a share can have that people of the host work with, too. */
        public static Owners ofFolder() {
            return Libc.geteuid() == 0 ? SAME : ONE;
        }

        /** What a share can have that is a whole system. */
        public static Owners ofRoot() {
            return Libc.geteuid() == 0 ? SAME : canMap() ? MAPPED : ONE;
        }

        private static boolean canMap() {
            List<String> command = new ArrayList<>(MAPPING);
            command.add("true");
            try {
                Process trial = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
                return trial.waitFor() == 0;
            } catch (IOException e) {
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }

    /** Starts the server of a share. */
    public static VirtioShare start(Share share, Owners owners, Consumer<String> log) {
        try {
            Path meeting = Files.createTempDirectory("stele-share");
            try {
                if (owners == Owners.ONE) {
                    writeUsers(meeting);
                }
                Process server = new ProcessBuilder(command(share, owners, meeting)).redirectErrorStream(true)
                    .redirectOutput(meeting.resolve("log").toFile()).start();
                RemovedFiles removed = new RemovedFiles(share.folder);
                return new VirtioShare(share.tag, Folder.open(share.folder.toString()), EXPORT, connect(server, meeting), removed.prefix(),
                    !owners.areKept(), () -> {
                        server.destroy();
                        removed.close();
                    }, log);
            } finally {
                for (String name : List.of("socket", "log", PASSWD, GROUP, "")) {
                    meeting.resolve(name).toFile().delete();
                }
            }
        } catch (IOException e) {
            throw new UserException("--share needs bwrap (Debian package bubblewrap): " + e.getMessage());
        }
    }

    /** The users of the sandbox: the guest's root, whom the server takes for this program's user, and that one. */
    private static void writeUsers(Path meeting) throws IOException {
        int group = Libc.getegid();
        Files.writeString(meeting.resolve(PASSWD), "root:x:0:0::/:/bin/sh\nuser:x:" + Libc.geteuid() + ":" + group + "::/:/bin/sh\n");
        Files.writeString(meeting.resolve(GROUP), "user:x:" + group + ":\n");
    }

    private static List<String> command(Share share, Owners owners, Path meeting) {
        List<String> command = new ArrayList<>(owners == Owners.MAPPED ? MAPPING : List.of());
        command.addAll(List.of("bwrap", "--ro-bind", "/usr", "/usr"));
        for (String name : List.of("lib", "lib64", "sbin", "bin")) {
            if (Files.isSymbolicLink(Path.of("/" + name))) {
                command.addAll(List.of("--symlink", "usr/" + name, "/" + name));
            }
        }
        command.addAll(List.of("--bind", share.folder.toString(), EXPORT, "--bind", meeting.toString(), "/run", "--proc", "/proc", "--dev", "/dev",
            "--tmpfs", "/etc"));
        if (owners == Owners.ONE) {
            for (String name : List.of(PASSWD, GROUP)) {
                command.addAll(List.of("--ro-bind", meeting.resolve(name).toString(), "/etc/" + name));
            }
        }
        command.addAll(List.of("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session",
            "--chdir", "/", "--setenv", "PATH", "/usr/sbin:/usr/bin", "--",
            "diod", "--foreground", "--no-auth", owners.areKept() ? "--no-userdb" : "--allsquash", "--listen", "/run/socket", "--export", EXPORT,
            "--logdest", "stderr"));
        return command;
    }

    private static StreamSocket connect(Process server, Path meeting) throws IOException {
        long end = System.nanoTime() + START_PATIENCE_NANOS;
        while (true) {
            try {
                return StreamSocket.connect(meeting.resolve("socket"));
            } catch (IOException e) {
                if (!server.isAlive() || System.nanoTime() > end) {
                    server.destroy();
                    throw new UserException("--share: the file server did not start: " + reason(meeting.resolve("log")));
                }
                pause(server);
            }
        }
    }

    private static String reason(Path log) throws IOException {
        String text = Files.readString(log, StandardCharsets.UTF_8).strip();
        if (text.contains("execvp diod")) {
            return "diod is missing; on Debian or Ubuntu: apt install diod";
        }
        return text.substring(text.lastIndexOf('\n') + 1);
    }

    private static void pause(Process server) {
        try {
            server.waitFor(START_LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
