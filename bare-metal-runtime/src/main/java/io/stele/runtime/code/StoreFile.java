package io.stele.runtime.code;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A file that is whole or counts as absent: a header with size and CRC32C of all that follows, which begins with the identity of what wrote it.
 *
 * <p>It is written under another name and renamed, so nobody sees half a file. Writers take turns by a lock on the file {@link #LOCK} of the
 * folder; who has it removes what killed writers left, and so does who reads, if nobody writes.
 *
 * @param file in a folder that is made when it is needed
 * @param identity a file with another one counts as absent
 */
record StoreFile(Path file, String identity) {
    /** How the names of unfinished files end. */
    static final String PART = ".part";
    /** Locked by who writes in the folder. */
    static final String LOCK = "lock";
    /** Magic number, size of the file, checksum of what follows. */
    static final int HEADER_BYTES = 3 * Long.BYTES;
    private static final long MAGIC = 0x3245_444f_4345_5453L;
    /** More than all translations that fit into the machine. */
    private static final long MAX_BYTES = 512L << 20;
    private static final int LOCK_TRIES = 100;
    private static final long LOCK_WAIT_NANOS = 20_000_000;

    /**
     * Reads the file if it is whole.
     *
     * @param contents reads what was written; not called unless all of it is as it was written
     * @return false if it was not called
     */
    boolean read(Consumer<StoreReader> contents) {
        return read(whole(file), contents);
    }

    /** The same with what {@link #whole} has found. */
    boolean read(ByteBuffer whole, Consumer<StoreReader> contents) {
        if (whole == null) {
            return false;
        }
        StoreReader in = new StoreReader(whole);
        if (!isOurs(in)) {
            return false;
        }
        contents.accept(in);
        return true;
    }

    /** The contents of a file that is whole, whoever wrote it; null if it is not, or not there. */
    static ByteBuffer whole(Path file) {
        tidy(file);
        // A pipe would be waited for.
        if (!Files.isRegularFile(file)) {
            return null;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return checked(channel);
        } catch (IOException e) {
            // As good as no file.
            return null;
        }
    }

    /** Unfinished files are large, and the next writer may be far. */
    private static void tidy(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, "*" + PART)) {
            if (parts.iterator().hasNext()) {
                try (FileChannel channel = openLock(folder)) {
                    if (tryLock(channel)) {
                        removeLeftovers(folder);
                    }
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // There is no folder, or it cannot be written.
        }
    }

    /** What follows the header; null if anything is not as it was written. */
    private static ByteBuffer checked(FileChannel channel) throws IOException {
        long size = channel.size();
        ByteBuffer header = header();
        if (size < HEADER_BYTES || size > MAX_BYTES || channel.read(header, 0) != HEADER_BYTES) {
            return null;
        }
        header.flip();
        if (header.getLong() != MAGIC || header.getLong() != size) {
            return null;
        }
        // Without an arena it would be made by reflection, which the JVM generates classes for.
        ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, HEADER_BYTES, size - HEADER_BYTES, Arena.ofAuto()).asByteBuffer();
        CRC32C checksum = new CRC32C();
        checksum.update(bytes.duplicate());
        return header.getLong() == checksum.getValue() ? bytes : null;
    }

    private static ByteBuffer header() {
        return ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private boolean isOurs(StoreReader in) {
        byte[] expected = identity.getBytes(StandardCharsets.UTF_8);
        try {
            if (in.getInt() != expected.length) {
                return false;
            }
            byte[] found = new byte[expected.length];
            in.getBuffer(found.length).get(found);
            return Arrays.equals(expected, found);
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            return false;
        }
    }

    /** Replaces the file. When that cannot be done, it stays as it was. */
    void write(Consumer<StoreWriter> contents) {
        try {
            Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
            try (FileChannel locked = openLock(folder)) {
                if (lock(locked)) {
                    removeLeftovers(folder);
                    writePart(Files.createTempFile(folder, "code", PART), contents);
                }
            }
        } catch (IOException e) {
            // Done without.
        }
    }

    /** To read, too: to write only would wait for the reader of a pipe. */
    private static FileChannel openLock(Path folder) throws IOException {
        return FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Waits for other writers, but not for one that is stopped. The lock ends with the channel. */
    private static boolean lock(FileChannel channel) throws IOException {
        for (int i = 0; i < LOCK_TRIES; i++) {
            if (tryLock(channel)) {
                return true;
            }
            LockSupport.parkNanos(LOCK_WAIT_NANOS);
        }
        return false;
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // Another machine of this process has it.
            return false;
        }
    }

    /** While nobody else writes, unfinished files are those of writers that were killed. */
    private static void removeLeftovers(Path folder) throws IOException {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, "*" + PART)) {
            for (Path part : parts) {
                Files.deleteIfExists(part);
            }
        }
    }

    private void writePart(Path part, Consumer<StoreWriter> contents) throws IOException {
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            channel.position(HEADER_BYTES);
            StoreWriter out = new StoreWriter(channel);
            byte[] name = identity.getBytes(StandardCharsets.UTF_8);
            out.putInt(name.length);
            out.room(name.length).put(name);
            contents.accept(out);
            out.flush();
            channel.position(0);
            ByteBuffer header = header().putLong(MAGIC).putLong(channel.size()).putLong(out.checksum()).flip();
            while (header.hasRemaining()) {
                channel.write(header);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | UncheckedIOException e) {
            Files.deleteIfExists(part);
        }
    }
}
