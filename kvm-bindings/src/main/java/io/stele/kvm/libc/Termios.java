package io.stele.kvm.libc;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** glibc's {@code struct termios} on x86-64, and what raw mode changes in it. */
public final class Termios {
    /** Its size. */
    public static final int BYTES = 60;

    private static final int IFLAG = 0;
    private static final int CFLAG = 8;
    private static final int LFLAG = 12;
    private static final int CC = 17;

    private static final int IGNBRK = 0x1;
    private static final int BRKINT = 0x2;
    private static final int PARMRK = 0x8;
    private static final int ISTRIP = 0x20;
    private static final int INLCR = 0x40;
    private static final int IGNCR = 0x80;
    private static final int ICRNL = 0x100;
    private static final int IXON = 0x400;

    private static final int CSIZE = 0x30;
    private static final int CS8 = 0x30;
    private static final int PARENB = 0x100;

    private static final int ISIG = 0x1;
    private static final int ICANON = 0x2;
    private static final int ECHO = 0x8;
    private static final int ECHONL = 0x40;
    private static final int IEXTEN = 0x8000;

    private static final int VTIME = 5;
    private static final int VMIN = 6;

    private Termios() {
    }

    /**
     * Raw input: every byte arrives at once and unchanged, nothing is echoed, no key makes a signal. Output processing stays on, so that
     * lines that the host's own program prints still begin in column one.
     */
    public static void makeRawInput(MemorySegment termios) {
        update(termios, IFLAG, IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON, 0);
        update(termios, CFLAG, CSIZE | PARENB, CS8);
        update(termios, LFLAG, ECHO | ECHONL | ICANON | ISIG | IEXTEN, 0);
        termios.set(ValueLayout.JAVA_BYTE, CC + VMIN, (byte) 1);
        termios.set(ValueLayout.JAVA_BYTE, CC + VTIME, (byte) 0);
    }

    private static void update(MemorySegment termios, int offset, int clear, int set) {
        int old = termios.get(ValueLayout.JAVA_INT, offset);
        termios.set(ValueLayout.JAVA_INT, offset, old & ~clear | set);
    }
}
