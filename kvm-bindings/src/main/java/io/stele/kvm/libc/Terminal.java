package io.stele.kvm.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A terminal in raw mode; closing puts it back as it was. */
public final class Terminal implements AutoCloseable {
    private static final int TCSANOW = 0;
    private static final int TIOCGWINSZ = 0x5413;

    private final int fd;
    private final MemorySegment saved;
    private final MemorySegment raw;
    private boolean isRaw;

    private Terminal(int fd, MemorySegment saved, MemorySegment raw) {
        this.fd = fd;
        this.saved = saved;
        this.raw = raw;
    }

    /** Whether the descriptor is a terminal. */
    public static boolean isTerminal(int fd) {
        return Libc.isatty(fd);
    }

    /** Rows in the upper, columns in the lower 16 bits; 0 if that is not known. */
    public static int size(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment winsize = arena.allocate(8, 2);
            return Libc.ioctl(fd, TIOCGWINSZ, winsize.address()) < 0 ? 0
                : winsize.get(ValueLayout.JAVA_SHORT, 0) << 16 | winsize.get(ValueLayout.JAVA_SHORT, 2) & 0xffff;
        }
    }

    /** Switches a terminal to raw input. The result's {@link #close} may be called by any thread, and more than once. */
    public static Terminal makeRaw(int fd) {
        Arena arena = Arena.ofAuto();
        MemorySegment saved = arena.allocate(Termios.BYTES, 8);
        MemorySegment raw = arena.allocate(Termios.BYTES, 8);
        Libc.check("tcgetattr", Libc.tcgetattr(fd, saved.address()));
        raw.copyFrom(saved);
        Termios.makeRawInput(raw);
        Terminal terminal = new Terminal(fd, saved, raw);
        terminal.resume();
        return terminal;
    }

    /** Back to raw mode, after {@link #close} or after the process was stopped and continued. */
    public synchronized void resume() {
        Libc.check("tcsetattr", Libc.tcsetattr(fd, TCSANOW, raw.address()));
        isRaw = true;
    }

    @Override
    public synchronized void close() {
        if (isRaw) {
            isRaw = false;
            Libc.tcsetattr(fd, TCSANOW, saved.address());
        }
    }
}
