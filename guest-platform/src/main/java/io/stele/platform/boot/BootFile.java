package io.stele.platform.boot;

import io.stele.memory.RawMemory;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file to load into guest memory, or bytes that were unpacked from one. Nothing of it goes through the heap, which is small: regular files
 * are read straight into guest memory, unpacked ones and those that are no regular files wait in memory outside of the heap until the file
 * that they come from is closed.
 *
 * <p>By one thread at a time.
 */
public final class BootFile implements AutoCloseable {
    /** Largest piece of one read; a {@link ByteBuffer} cannot be larger than 2 GiB. */
    private static final int PIECE = 1 << 30;
    /** Piece of a stream. */
    private static final int CHUNK = 1 << 16;
    /** Bound on what is read from a stream. */
    private static final long STREAM_LIMIT = 1L << 30;

    private final String role;
    private final Path path;
    /** Where the content is: a file, or memory. */
    private final FileChannel channel;
    private final MemorySegment memory;
    private final long start;
    private final long size;
    /** Holds what was read from streams for this file; null if there is nothing. */
    private Arena arena;

    private BootFile(String role, Path path, FileChannel channel, MemorySegment memory, long start, long size) {
        this.role = role;
        this.path = path;
        this.channel = channel;
        this.memory = memory;
        this.start = start;
        this.size = size;
    }

    /**
     * Opens a file and checks that it can be read and is not empty.
     *
     * @param role what the file is to the user: "kernel", "initrd", "device tree"
     */
    public static BootFile open(String role, Path path) throws BootException {
        String name = role + " " + path + ": ";
        try {
            if (Files.isDirectory(path)) {
                throw new BootException(name + "is a directory");
            }
            if (!Files.isRegularFile(path)) {
                return stream(role, path);
            }
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return nonEmpty(new BootFile(role, path, channel, null, 0, channel.size()));
        } catch (NoSuchFileException e) {
            throw new BootException(name + "no such file", e);
        } catch (AccessDeniedException e) {
            throw new BootException(name + "permission denied", e);
        } catch (IOException e) {
            throw new BootException(name + "cannot be read: " + e.getMessage(), e);
        }
    }

    /** A pipe or a device. */
    private static BootFile stream(String role, Path path) throws BootException, IOException {
        BootFile source = new BootFile(role, path, null, MemorySegment.NULL, 0, 0);
        try (InputStream in = Files.newInputStream(path)) {
            BootFile content = source.unpacked(in, 0, "is larger than 1 GiB, and no regular file");
            content.arena = source.arena;
            source.arena = null;
            return nonEmpty(content);
        } finally {
            source.close();
        }
    }

    /** Contents made by the caller. */
    public static BootFile of(String role, byte[] content) {
        return new BootFile(role, Path.of("(built)"), null, MemorySegment.ofArray(content), 0, content.length);
    }

    private static BootFile nonEmpty(BootFile file) throws BootException {
        if (file.size == 0) {
            file.close();
            throw file.error("the file is empty");
        }
        return file;
    }

    /** Part of this file, which must lie within it. Closing the part closes nothing. */
    BootFile part(long offset, long length) {
        return new BootFile(role, path, channel, memory, start + offset, length);
    }

    /**
     * What was unpacked from this file, which owns it.
     *
     * @param expected its size, if it is known
     * @param tooLarge what to say if it is larger than 1 GiB
     */
    BootFile unpacked(InputStream content, long expected, String tooLarge) throws BootException, IOException {
        if (arena == null) {
            arena = Arena.ofShared();
        }
        byte[] chunk = new byte[CHUNK];
        MemorySegment target = arena.allocate(Math.clamp(expected, CHUNK, STREAM_LIMIT));
        long length = 0;
        for (int count = content.readNBytes(chunk, 0, CHUNK); count > 0; count = content.readNBytes(chunk, 0, CHUNK)) {
            if (length + count > STREAM_LIMIT) {
                throw error(tooLarge);
            }
            if (length + count > target.byteSize()) {
                target = arena.allocate(2 * target.byteSize()).copyFrom(target);
            }
            MemorySegment.copy(chunk, 0, target, ValueLayout.JAVA_BYTE, length, count);
            length += count;
        }
        return new BootFile(role, path, null, target, 0, length);
    }

    /** The content as a stream, not buffered. */
    InputStream stream() {
        return new InputStream() {
            private long at;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                if (at == size) {
                    return -1;
                }
                int count = (int) Math.min(length, size - at);
                get(ByteBuffer.wrap(target, offset, count), at);
                at += count;
                return count;
            }
        };
    }

    public long size() {
        return size;
    }

    /** Everything, in the heap. */
    public byte[] readAll() throws BootException {
        if (size > PIECE) {
            throw error("the file is larger than 1 GiB");
        }
        return read(0, (int) size);
    }

    /** Bytes from {@code offset}; fewer than {@code length} where the file ends. */
    byte[] read(long offset, int length) throws BootException {
        byte[] target = new byte[Math.clamp(size - offset, 0, length)];
        fill(ByteBuffer.wrap(target), offset);
        return target;
    }

    /** Copies a range of the file to a host address. */
    public void copyTo(long offset, long length, long host) throws BootException {
        for (long done = 0; done < length; done += PIECE) {
            long piece = Math.min(PIECE, length - done);
            fill(RawMemory.all().asSlice(host + done, piece).asByteBuffer(), offset + done);
        }
    }

    private void fill(ByteBuffer target, long offset) throws BootException {
        try {
            get(target, offset);
        } catch (IOException e) {
            throw new BootException(role + " " + path + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private void get(ByteBuffer target, long offset) throws IOException {
        if (memory != null) {
            target.put(memory.asSlice(start + offset, target.remaining()).asByteBuffer());
            return;
        }
        long at = start + offset;
        while (target.hasRemaining()) {
            int count = channel.read(target, at);
            if (count < 0) {
                throw new EOFException("the file became shorter while it was read");
            }
            at += count;
        }
    }

    /** An exception about this file. */
    BootException error(String reason) {
        return new BootException(role + " " + path + ": " + reason);
    }

    BootException error(String reason, Throwable cause) {
        return new BootException(role + " " + path + ": " + reason, cause);
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
            arena = null;
        }
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
