package io.stele.kvm.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The libc functions that are used. A result below zero is a negated error number (as the kernel itself returns it), so that a caller
 * can tell {@link Errno#EINTR} without an exception; {@link #check} turns it into one.
 *
 * <p>Making a downcall handle costs milliseconds, so there is one for all functions: six 64-bit integer arguments, a 64-bit result, errno
 * captured. The System V calling convention passes int, long and pointers alike, a callee ignores registers beyond its parameters, and
 * {@code firstVariadicArg(2)} (what {@code open} and {@code ioctl} need) only sets AL, which other functions ignore. A function that
 * returns
 * {@code int} leaves the upper half of the result undefined: such results are narrowed here.
 */
public final class Libc {
    // open(2)
    public static final int O_RDWR = 2;
    public static final int O_CLOEXEC = 0x80000;

    // mmap(2)
    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;
    public static final int MAP_SHARED = 1;
    public static final int MAP_PRIVATE = 2;
    public static final int MAP_ANONYMOUS = 0x20;
    public static final int MAP_NORESERVE = 0x4000;

    // madvise(2)
    public static final int MADV_DONTNEED = 4;
    public static final int MADV_HUGEPAGE = 14;
    public static final int MADV_NOHUGEPAGE = 15;

    // eventfd(2)
    public static final int EFD_CLOEXEC = 0x80000;
    public static final int EFD_NONBLOCK = 0x800;

    // poll(2)
    public static final short POLLIN = 1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle CALL = handle();
    private static final ThreadLocal<MemorySegment> ERRNO = ThreadLocal.withInitial(Libc::newErrnoSlot);

    private static final MemorySegment IOCTL = function("ioctl");

    private Libc() {
    }

    /** The functions needed by few programs, looked up at first use. */
    private static final class Memory {
        static final MemorySegment MMAP = function("mmap");
        static final MemorySegment MUNMAP = function("munmap");
        static final MemorySegment MADVISE = function("madvise");
    }

    private static final class Files {
        static final MemorySegment OPEN = function("open");
        static final MemorySegment CLOSE = function("close");
        static final MemorySegment READ = function("read");
        static final MemorySegment WRITE = function("write");
        static final MemorySegment EVENTFD = function("eventfd");
        static final MemorySegment PPOLL = function("ppoll");
    }

    private static final class Tasks {
        static final MemorySegment SYSCALL = function("syscall");
        static final MemorySegment SIGACTION = function("sigaction");
        /** A function that does nothing to the world, whatever its arguments: a harmless signal handler. */
        static final MemorySegment ABS = function("abs");
    }

    private static final class Tty {
        static final MemorySegment ISATTY = function("isatty");
        static final MemorySegment TCGETATTR = function("tcgetattr");
        static final MemorySegment TCSETATTR = function("tcsetattr");
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
        ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
        return LINKER.downcallHandle(FunctionDescriptor.of(word, word, word, word, word, word, word),
            Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(2));
    }

    static MemorySegment function(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    /** Room for the errno of calls made by one thread at a time. */
    private static MemorySegment newErrnoSlot() {
        return Arena.ofAuto().allocate(Linker.Option.captureStateLayout());
    }

    private static long call(MemorySegment function, MemorySegment errno, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) CALL.invokeExact(function, errno, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw new AssertionError("a downcall threw", t);
        }
    }

    static int intCall(MemorySegment function, long a, long b, long c, long d) {
        MemorySegment errno = ERRNO.get();
        int result = (int) call(function, errno, a, b, c, d, 0, 0);
        return result == -1 ? -errnoIn(errno) : result;
    }

    static long longCall(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        MemorySegment errno = ERRNO.get();
        long result = call(function, errno, a, b, c, d, e, f);
        return result == -1 ? -errnoIn(errno) : result;
    }

    /** {@code errno} is the only member of the capture state on Linux. */
    private static int errnoIn(MemorySegment slot) {
        return slot.get(ValueLayout.JAVA_INT, 0);
    }

    /** Returns {@code result} if it is not negative; else throws, naming {@code call}. */
    public static long check(String call, long result) {
        if (result < 0) {
            throw new LibcException(call, (int) -result);
        }
        return result;
    }

    /** open(2) without a mode, so without O_CREAT. */
    public static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return intCall(Files.OPEN, arena.allocateFrom(path).address(), flags, 0, 0);
        }
    }

    public static int close(int fd) {
        return intCall(Files.CLOSE, fd, 0, 0, 0);
    }

    public static long read(int fd, long address, long bytes) {
        return longCall(Files.READ, fd, address, bytes, 0, 0, 0);
    }

    public static long write(int fd, long address, long bytes) {
        return longCall(Files.WRITE, fd, address, bytes, 0, 0, 0);
    }

    /** ioctl(2) with an integer or an address as argument. */
    public static int ioctl(int fd, int request, long argument) {
        return intCall(IOCTL, fd, request & 0xffffffffL, argument, 0);
    }

    /** mmap(2) at an address that the kernel chooses. */
    public static long mmap(long bytes, int protection, int flags, int fd, long offset) {
        return longCall(Memory.MMAP, 0, bytes, protection, flags, fd, offset);
    }

    public static int munmap(long address, long bytes) {
        return intCall(Memory.MUNMAP, address, bytes, 0, 0);
    }

    public static int madvise(long address, long bytes, int advice) {
        return intCall(Memory.MADVISE, address, bytes, advice, 0);
    }

    public static int eventfd(int initial, int flags) {
        return intCall(Files.EVENTFD, initial, flags, 0, 0);
    }

    /**
     * Waits until {@code fd} can be read.
     *
     * @param timeoutNanos how long to wait at most; negative: for ever
     * @return 1 if it can be read (or has reached its end, or is broken), 0 after the timeout, else a negated error number
     */
    public static int pollReadable(int fd, long timeoutNanos) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(8, 4);
            pollfd.set(ValueLayout.JAVA_INT, 0, fd);
            pollfd.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
            long timeout = 0;
            if (timeoutNanos >= 0) {
                MemorySegment timespec = arena.allocate(16, 8);
                timespec.set(ValueLayout.JAVA_LONG, 0, timeoutNanos / 1_000_000_000L);
                timespec.set(ValueLayout.JAVA_LONG, 8, timeoutNanos % 1_000_000_000L);
                timeout = timespec.address();
            }
            return intCall(Files.PPOLL, pollfd.address(), 1, timeout, 0);
        }
    }

    /** gettid(2): the kernel's number of the calling (platform) thread. */
    public static int gettid() {
        return (int) longCall(Tasks.SYSCALL, 186, 0, 0, 0, 0, 0);
    }

    /** geteuid(2). */
    public static int geteuid() {
        return (int) longCall(Tasks.SYSCALL, 107, 0, 0, 0, 0, 0);
    }

    /** getegid(2). */
    public static int getegid() {
        return (int) longCall(Tasks.SYSCALL, 108, 0, 0, 0, 0, 0);
    }

    /** getpid(2). */
    public static int getpid() {
        return (int) longCall(Tasks.SYSCALL, 39, 0, 0, 0, 0, 0);
    }

    /** tgkill(2): sends a signal to one thread. */
    public static int tgkill(int pid, int tid, int signal) {
        return (int) longCall(Tasks.SYSCALL, 234, pid, tid, signal, 0, 0);
    }

    /**
     * Makes a signal do nothing but interrupt a blocking call: installs a handler without effect, with SA_RESTART, so that restartable
     * calls go on. (KVM_RUN is not restartable: it returns EINTR.)
     */
    public static int catchAndIgnore(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            // struct sigaction: handler at 0, sa_mask at 8 (128 bytes), sa_flags at 136, sa_restorer at 144.
            MemorySegment action = arena.allocate(152, 8);
            action.set(ValueLayout.JAVA_LONG, 0, Tasks.ABS.address());
            action.set(ValueLayout.JAVA_INT, 136, 0x10000000);
            return intCall(Tasks.SIGACTION, signal, action.address(), 0, 0);
        }
    }

    /** Gives a signal its default action (SIG_DFL). */
    static int defaultAction(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            // struct sigaction, all zero: SIG_DFL, no flags.
            return intCall(Tasks.SIGACTION, signal, arena.allocate(152, 8).address(), 0, 0);
        }
    }

    public static boolean isatty(int fd) {
        return intCall(Tty.ISATTY, fd, 0, 0, 0) == 1;
    }

    /** tcgetattr(3). @param termios address of {@link Termios#BYTES} bytes */
    public static int tcgetattr(int fd, long termios) {
        return intCall(Tty.TCGETATTR, fd, termios, 0, 0);
    }

    /** tcsetattr(3). @param actions 0 TCSANOW, 1 TCSADRAIN; @param termios address of {@link Termios#BYTES} bytes */
    public static int tcsetattr(int fd, int actions, long termios) {
        return intCall(Tty.TCSETATTR, fd, actions, termios, 0);
    }

    /** A reusable form of {@code ioctl} for a caller that makes the same call very often; not for two threads at once. */
    public static final class Ioctl {
        private final MemorySegment errno = newErrnoSlot();

        /** A form of its own for one caller. */
        public Ioctl() {
        }

        /** As {@link Libc#ioctl}. */
        public int call(int fd, int request, long argument) {
            int result = (int) Libc.call(IOCTL, errno, fd, request & 0xffffffffL, argument, 0, 0, 0);
            return result == -1 ? -errnoIn(errno) : result;
        }
    }
}
