package io.stele.platform.boot;

import io.stele.memory.RawMemory;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file to load into guest memory, or bytes that were unpacked from one. Regular files are read straight into guest memory, without a
 * copy in the heap.
 */
public final class BootFile implements AutoCloseable {
    /** Largest piece of one read; a {@link ByteBuffer} cannot be larger than 2 GiB. */
    private static final int PIECE = 1 << 30;

    private final String role;
    private final Path path;
    private final FileChannel channel;
    private final byte[] bytes;
    private final long start;
    private final long size;

    private BootFile(String role, Path path, FileChannel channel, byte[] bytes, long start, long size) {
        this.role = role;
        this.path = path;
        this.channel = channel;
        this.bytes = bytes;
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
                byte[] content = Files.readAllBytes(path);
                return nonEmpty(new BootFile(role, path, null, content, 0, content.length));
            }
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            BootFile file = new BootFile(role, path, channel, null, 0, channel.size());
            if (file.size == 0) {
                channel.close();
            }
            return nonEmpty(file);
        } catch (NoSuchFileException e) {
            throw new BootException(name + "no such file", e);
        } catch (AccessDeniedException e) {
            throw new BootException(name + "permission denied", e);
        } catch (IOException e) {
            throw new BootException(name + "cannot be read: " + e.getMessage(), e);
        }
    }

    /** Contents made by the caller. */
    public static BootFile of(String role, byte[] content) {
        return new BootFile(role, Path.of("(built)"), null, content, 0, content.length);
    }

    private static BootFile nonEmpty(BootFile file) throws BootException {
        if (file.size == 0) {
            throw file.error("the file is empty");
        }
        return file;
    }

    /** Part of this file, which must lie within it. Closing the part closes nothing. */
    BootFile part(long offset, long length) {
        return new BootFile(role, path, channel, bytes, start + offset, length);
    }

    /** What was unpacked from this file. */
    BootFile unpacked(byte[] content) {
        return new BootFile(role, path, null, content, 0, content.length);
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
        if (bytes != null) {
            System.arraycopy(bytes, (int) (start + offset), target, 0, target.length);
        } else {
            fill(ByteBuffer.wrap(target), offset);
        }
        return target;
    }

    /** Copies a range of the file to a host address. */
    public void copyTo(long offset, long length, long host) throws BootException {
        if (bytes != null) {
            RawMemory.copy(bytes, (int) (start + offset), host, (int) length);
            return;
        }
        for (long done = 0; done < length; done += PIECE) {
            long piece = Math.min(PIECE, length - done);
            fill(RawMemory.all().asSlice(host + done, piece).asByteBuffer(), offset + done);
        }
    }

    private void fill(ByteBuffer target, long offset) throws BootException {
        try {
            long at = start + offset;
            while (target.hasRemaining()) {
                int count = channel.read(target, at);
                if (count < 0) {
                    throw new EOFException("the file became shorter while it was read");
                }
                at += count;
            }
        } catch (IOException e) {
            throw new BootException(role + " " + path + ": cannot be read: " + e.getMessage(), e);
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
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
