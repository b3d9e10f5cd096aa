package io.stele.tools.bench;

import io.stele.tools.guest.Trees;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/**
 * What the devices of one run are connected with on the host: a disk's file, a shared folder, a place for passt's socket, a server. Made
 * before each run and removed after it, so that no run finds what another one has left.
 */
final class Surroundings {
    static final long DISK_BYTES = 1L << 30;
    static final String TAG = "bench";
    private static final String SERVER = "iperf3";

    private final Path folder;
    private final Process server;

    private Surroundings(Path folder, Process server) {
        this.folder = folder;
        this.server = server;
    }

    /** The disk's file. */
    static Path disk(Path folder) {
        return folder.resolve("disk");
    }

    /** The shared folder. */
    static Path share(Path folder) {
        return folder.resolve("share");
    }

    /** Where a passt may make its socket. */
    static Path socket(Path folder) {
        return folder.resolve("socket");
    }

    /** The port of the host's loopback at which the server is. */
    static int port() {
        return Port.NUMBER;
    }

    /** The host's choice, so that several benches at once have one each. */
    private static final class Port {
        static final int NUMBER = free();

        private static int free() {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                throw new UserException("no port is free for " + SERVER + ": " + e.getMessage());
            }
        }
    }

    /** @throws UserException if the server is not installed */
    static Surroundings make(Job job) throws IOException {
        Set<Attachment> attachments = job.attachments();
        Path folder = job.surroundings();
        if (attachments.isEmpty()) {
            return new Surroundings(null, null);
        }
        Trees.remove(folder);
        Files.createDirectories(share(folder));
        // passt gives up root's rights before it makes its socket.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        if (attachments.contains(Attachment.DISK)) {
            try (RandomAccessFile file = new RandomAccessFile(disk(folder).toFile(), "rw")) {
                file.setLength(DISK_BYTES);
            }
        }
        return new Surroundings(folder, attachments.contains(Attachment.NETWORK) ? startServer() : null);
    }

    private static Process startServer() {
        try {
            return new ProcessBuilder(List.of(SERVER, "--server", "--bind", "127.0.0.1", "--port", Integer.toString(port())))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException e) {
            throw new UserException(SERVER + " is missing; on Debian or Ubuntu: apt install " + SERVER);
        }
    }

    /** Ends and removes everything. */
    void close() throws IOException {
        if (server != null) {
            server.destroy();
        }
        if (folder != null) {
            Trees.remove(folder);
        }
    }
}
