package io.stele.kvm.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * A folder of the host whose files are opened by their paths below it, and no others: symbolic links are not followed, and {@code ..} leads
 * not out of it. Callable from any thread; {@link #close} only when no call is under way.
 */
public final class Folder implements AutoCloseable {
    private static final int OPENAT2 = 437;
    private static final int O_DIRECTORY = 0x1_0000;
    private static final int O_PATH = 0x20_0000;
    private static final int O_ACCMODE = 3;
    private static final int RESOLVE_NO_SYMLINKS = 4;
    private static final int RESOLVE_BENEATH = 8;
    /** struct open_how: flags, mode, resolve. */
    private static final int HOW_BYTES = 24;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_TYPE_MODE_INO = 0x103;
    /** struct statx, of which are used: mode, and the inode's number. */
    private static final int STATX_BYTES = 256;
    private static final int STATX_MODE = 28;
    private static final int STATX_INO = 32;
    private static final int S_IFMT = 0xf000;
    private static final int S_IFREG = 0x8000;
    /** Set-user-ID and set-group-ID. */
    private static final int PRIVILEGES = 06000;

    private static final MemorySegment SYSCALL = Libc.function("syscall");
    private static final MemorySegment STATX = Libc.function("statx");

    private final int fd;

    private Folder(int fd) {
        this.fd = fd;
    }

    /** Never throws: no file is found in a folder that cannot be opened. */
    public static Folder open(String path) {
        return new Folder(Libc.open(path, Libc.O_CLOEXEC | O_PATH | O_DIRECTORY));
    }

    /**
     * Opens a regular file, if the file is this one. One that is to be written must not give privileges to who executes it, as a write by
     * root would not take them away.
     *
     * @param path one character for each byte
     * @param inode its number
     * @param flags of open(2)
     * @return not open, with {@link FileIo#error}, if it is another file, or none
     */
    public FileIo open(String path, long inode, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment how = arena.allocate(HOW_BYTES, Long.BYTES);
            how.set(ValueLayout.JAVA_LONG, 0, O_PATH | Libc.O_CLOEXEC);
            how.set(ValueLayout.JAVA_LONG, 2 * Long.BYTES, RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH);
            int found = (int) Libc.longCall(SYSCALL, OPENAT2, fd, arena.allocateFrom(path, StandardCharsets.ISO_8859_1).address(), how.address(),
                HOW_BYTES, 0);
            if (found < 0) {
                return FileIo.of(found);
            }
            int result = isExpected(found, inode, (flags & O_ACCMODE) != 0, arena)
                ? Libc.open("/proc/self/fd/" + found, flags | Libc.O_CLOEXEC) : -Errno.ESTALE;
            Libc.close(found);
            return FileIo.of(result);
        }
    }

    private static boolean isExpected(int found, long inode, boolean written, Arena arena) {
        MemorySegment statx = arena.allocate(STATX_BYTES, Long.BYTES);
        long result = Libc.longCall(STATX, found, arena.allocateFrom("").address(), AT_EMPTY_PATH, STATX_TYPE_MODE_INO, statx.address(), 0);
        int mode = statx.get(ValueLayout.JAVA_SHORT, STATX_MODE);
        return result == 0 && (mode & S_IFMT) == S_IFREG && statx.get(ValueLayout.JAVA_LONG, STATX_INO) == inode
            && (!written || (mode & PRIVILEGES) == 0);
    }

    @Override
    public void close() {
        Libc.close(fd);
    }
}
