package io.stele.platform.virtio.block;

import io.stele.kvm.libc.Errno;
import io.stele.platform.virtio.Chain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * An image in a format that {@code qemu-nbd} reads and writes. It serves one disk and ends with the last connection, so also when this
 * program is killed. Each connection carries one request at a time; all of them see the same image, so a flush on one covers what any has
 * written.
 */
public final class NbdImage implements BlockBackend {
    private static final int CONNECTIONS = 4;
    private static final long START_PATIENCE_NANOS = 10_000_000_000L;
    private static final int START_LOOK_MILLIS = 5;

    private final Process server;
    private final Path folder;
    private final boolean readOnly;
    private final List<NbdConnection> connections = new ArrayList<>();
    private final BlockingQueue<NbdConnection> free = new LinkedBlockingQueue<>();

    private NbdImage(Process server, Path folder, boolean readOnly) {
        this.server = server;
        this.folder = folder;
        this.readOnly = readOnly;
    }

    /** Starts a server for an image. @param format as {@code qemu-nbd} calls it; @param snapshot writes are forgotten at the end */
    public static NbdImage open(String path, String format, boolean readOnly, boolean snapshot) throws DiskException {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("stele-nbd");
            Path socket = folder.resolve("socket");
            List<String> command = new ArrayList<>(List.of("setsid", "qemu-nbd", "--socket=" + socket, "--format=" + format,
                "--shared=" + CONNECTIONS, "--cache=writeback", "--discard=unmap"));
            if (readOnly) {
                command.add("--read-only");
            }
            if (snapshot) {
                command.add("--snapshot");
            }
            command.add("--");
            command.add(Path.of(path).toAbsolutePath().toString());
            Path log = folder.resolve("log");
            Process server = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
            NbdImage image = new NbdImage(server, folder, readOnly);
            image.connect(path, socket, log);
            return image;
        } catch (IOException e) {
            remove(folder);
            throw new DiskException("cannot start qemu-nbd for " + path + ": " + e.getMessage());
        }
    }

    private void connect(String path, Path socket, Path log) throws DiskException, IOException {
        long end = System.nanoTime() + START_PATIENCE_NANOS;
        while (connections.size() < CONNECTIONS) {
            try {
                NbdConnection connection = new NbdConnection(socket);
                connections.add(connection);
                free.add(connection);
            } catch (IOException e) {
                if (!server.isAlive() || System.nanoTime() > end) {
                    String reason = reason(log);
                    close();
                    throw new DiskException(reason.isEmpty() ? path + ": " + e.getMessage() : reason);
                }
                pause();
            }
        }
        if ((bytes() & 511) != 0 || bytes() == 0) {
            long size = bytes();
            close();
            throw new DiskException(path + " is no disk: its size is " + size + " bytes");
        }
    }

    private void pause() {
        try {
            server.waitFor(START_LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the server said, or the shell that should have started it. */
    private static String reason(Path log) throws IOException {
        String text = Files.readString(log, StandardCharsets.UTF_8).strip();
        if (text.contains("failed to execute qemu-nbd")) {
            return "a qcow2 image needs qemu-nbd (Debian package qemu-utils)";
        }
        int newLine = text.indexOf('\n');
        return newLine < 0 ? text : text.substring(0, newLine);
    }

    @Override
    public long bytes() {
        return connections.getFirst().bytes();
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    private int request(int type, int flags, long offset, long length, Chain chain) {
        NbdConnection connection = null;
        try {
            connection = free.take();
            return connection.request(type, flags, offset, length, chain);
        } catch (IOException e) {
            connection.close();
            return Errno.EIO;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Errno.EIO;
        } finally {
            if (connection != null) {
                free.add(connection);
            }
        }
    }

    @Override
    public int read(Chain chain, long offset) {
        return request(NbdConnection.READ, 0, offset, chain.writableBytes(), chain);
    }

    @Override
    public int write(Chain chain, long offset) {
        return request(NbdConnection.WRITE, 0, offset, chain.readableBytes(), chain);
    }

    @Override
    public int flush() {
        return readOnly ? 0 : request(NbdConnection.FLUSH, 0, 0, 0, null);
    }

    @Override
    public int discard(long offset, long length) {
        return length == 0 ? 0 : request(NbdConnection.TRIM, 0, offset, length, null);
    }

    @Override
    public int writeZeroes(long offset, long length, boolean mayUnmap) {
        return length == 0 ? 0 : request(NbdConnection.WRITE_ZEROES, mayUnmap ? 0 : NbdConnection.FLAG_NO_HOLE, offset, length, null);
    }

    @Override
    public void close() {
        for (NbdConnection connection : connections) {
            connection.close();
        }
        try {
            if (!server.waitFor(5, TimeUnit.SECONDS)) {
                server.destroy();
                server.waitFor(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        remove(folder);
    }

    private static void remove(Path folder) {
        if (folder != null) {
            folder.resolve("log").toFile().delete();
            folder.resolve("socket").toFile().delete();
            folder.toFile().delete();
        }
    }
}
