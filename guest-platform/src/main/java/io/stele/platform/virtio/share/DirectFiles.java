package io.stele.platform.virtio.share;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.FileIo;
import io.stele.kvm.libc.Folder;
import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import java.util.HashMap;
import java.util.Map;

/**
 * Files that the server has opened for the guest, opened by the device, too, when the guest begins to read or write: so data go between the
 * host's page cache and guest RAM directly. Who may open what is the server's decision; the device opens, below the folder, the file that the
 * server has named by its inode, for the same. What it cannot open so, the server reads and writes as it does all else.
 *
 * <p>Not thread-safe but for {@link #access}.
 */
final class DirectFiles {
    /** More are left to the server, as a process may not have any number of them. */
    private static final int MOST = 256;
    private static final int ACCESS_MODE = 3;
    private static final int NO_MODE = 3;
    /** Append, and each write durable. */
    private static final int KEPT_FLAGS = ACCESS_MODE | Exchange.APPEND | 010000 | 04000000;

    private final Folder folder;
    private final String export;
    private final Map<Integer, DirectFile> byFid = new HashMap<>();
    private int count;

    /** @param folder the share's; @param export what the server calls it */
    DirectFiles(Folder folder, String export) {
        this.folder = folder;
        this.export = export + "/";
    }

    /** A file that the guest has open. */
    static final class DirectFile {
        private final long inode;
        private final int flags;
        /** The device's; null if it has not opened it. */
        private FileIo io;
        private boolean tried;
        /** Reads and writes that are under way. */
        private int users;
        private boolean closing;

        private DirectFile(long inode, int flags) {
            this.inode = inode;
            this.flags = flags;
        }
    }

    /** The server has answered a request, without error. */
    void answered(Exchange request) {
        if (request.opensFile && (request.openFlags & ACCESS_MODE) != NO_MODE) {
            forget(request.fid);
            byFid.put(request.fid, new DirectFile(request.inode, request.openFlags & KEPT_FLAGS));
        } else if (request.givesPrivileges) {
            byFid.replaceAll((fid, file) -> {
                close(file);
                return new DirectFile(file.inode, file.flags);
            });
        }
    }

    /**
     * The file that the device itself is to read or write for a request.
     *
     * @param path where it is, as the server calls it; null if that is not known
     * @return to be handed back to {@link #release}; null if the server is to do it
     */
    DirectFile use(Exchange request, String path) {
        DirectFile file = byFid.get(request.fid);
        if (file == null || request.type == Exchange.WRITE && request.count != request.size - Exchange.ACCESS_BYTES) {
            return null;
        }
        if (!file.tried && count < MOST) {
            file.tried = true;
            open(file, path);
        }
        if (file.io == null) {
            return null;
        }
        file.users++;
        return file;
    }

    private void open(DirectFile file, String path) {
        if (path != null && path.startsWith(export)) {
            FileIo io = folder.open(path.substring(export.length()), file.inode, file.flags);
            if (io.error() == 0) {
                file.io = io;
                count++;
            }
        }
    }

    void release(DirectFile file) {
        file.users--;
        if (file.closing) {
            close(file);
        }
    }

    private void close(DirectFile file) {
        file.closing = true;
        if (file.users == 0 && file.io != null) {
            file.io.close();
            file.io = null;
            count--;
        }
    }

    /** The guest closes it. */
    void forget(int fid) {
        DirectFile file = byFid.remove(fid);
        if (file != null) {
            close(file);
        }
    }

    void clear() {
        byFid.values().forEach(this::close);
        byFid.clear();
    }

    /** After {@link #clear}. */
    void close() {
        folder.close();
    }

    /**
     * Reads or writes what a request asks for, in a file that is in use.
     *
     * @param now only if it needs no waiting, as far as can be known; otherwise it has not begun, and the result is {@code -EAGAIN}
     * @return bytes, or an error's number below 0
     */
    static int access(DirectFile file, Exchange request, boolean now) {
        long vectors = request.vectors();
        if (request.type == Exchange.WRITE) {
            return (int) file.io.writev(vectors, request.chain.readablePart(Exchange.ACCESS_BYTES, request.count, vectors), request.offset);
        }
        long count = Math.min(request.count, request.chain.writableBytes() - Exchange.REPLY_BYTES);
        int used = request.chain.writablePart(Exchange.REPLY_BYTES, count, vectors);
        if (!now) {
            return (int) file.io.readv(vectors, used, request.offset);
        }
        long result = file.io.readvNow(vectors, used, request.offset);
        return result == count || result >= 0 && isEnd(file, request, request.offset + result) ? (int) result : -Errno.EAGAIN;
    }

    private static boolean isEnd(DirectFile file, Exchange request, long offset) {
        long vector = request.vectors();
        RawMemory.putLong(vector, vector + Chain.VECTOR_BYTES);
        RawMemory.putLong(vector + Long.BYTES, 1);
        return file.io.readvNow(vector, 1, offset) == 0;
    }
}
