package io.stele.arm64.oracle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The state of a CPU and 512 bytes of memory before or after an instruction, as one record of {@link #BYTES} bytes in the layout that
 * harness.S expects. A view on a buffer that holds many of them.
 */
public final class CpuImage {
    /** Guest virtual address of the memory block. */
    public static final long MEMORY_BASE = 0x3000_0000L;
    public static final int MEMORY_BYTES = 512;

    /** Outcomes: the instructions were executed to the end; a branch went to the second exit; otherwise the number of the signal. */
    public static final int NEXT = 0;
    public static final int TAKEN = 1;
    public static final int SIGILL = 4;
    public static final int SIGBUS = 7;
    public static final int SIGSEGV = 11;

    public static final int BYTES = 1328;
    private static final int SP = 31 * 8;
    private static final int NZCV = 256;
    private static final int FPCR = 264;
    private static final int FPSR = 272;
    private static final int OUTCOME = 280;
    public static final int VECTORS = 304;
    public static final int MEMORY = 816;

    private final ByteBuffer buffer;
    private final int base;

    private CpuImage(ByteBuffer buffer, int base) {
        this.buffer = buffer;
        this.base = base;
    }

    /** {@code count} zeroed images in one buffer. */
    public static CpuImage[] allocate(int count) {
        return of(ByteBuffer.allocate(count * BYTES).order(ByteOrder.LITTLE_ENDIAN), count);
    }

    static CpuImage[] of(ByteBuffer buffer, int count) {
        CpuImage[] images = new CpuImage[count];
        for (int i = 0; i < count; i++) {
            images[i] = new CpuImage(buffer, i * BYTES);
        }
        return images;
    }

    /** Copies of images, in a buffer of their own. */
    public static CpuImage[] copy(CpuImage[] images) {
        CpuImage[] result = allocate(images.length);
        for (int i = 0; i < images.length; i++) {
            result[i].set(images[i]);
        }
        return result;
    }

    public void set(CpuImage other) {
        buffer.put(base, other.buffer, other.base, BYTES);
    }

    /** Replaces the image by record {@code index} of a buffer. */
    public void read(ByteBuffer source, int index) {
        buffer.put(base, source, index * BYTES, BYTES);
    }

    /** Appends the record to a buffer. */
    public void write(ByteBuffer target) {
        target.put(buffer.slice(base, BYTES));
    }

    /** X0 to X30; 31 is the stack pointer. */
    public long x(int n) {
        return buffer.getLong(base + 8 * n);
    }

    public void x(int n, long value) {
        buffer.putLong(base + 8 * n, value);
    }

    public long sp() {
        return buffer.getLong(base + SP);
    }

    public void sp(long value) {
        buffer.putLong(base + SP, value);
    }

    /** N in bit 3, Z, C, V in bit 0. */
    public int nzcv() {
        return (int) (buffer.getLong(base + NZCV) >>> 28) & 15;
    }

    public void nzcv(int value) {
        buffer.putLong(base + NZCV, (long) value << 28);
    }

    public long fpcr() {
        return buffer.getLong(base + FPCR);
    }

    public void fpcr(long value) {
        buffer.putLong(base + FPCR, value);
    }

    public long fpsr() {
        return buffer.getLong(base + FPSR);
    }

    public void fpsr(long value) {
        buffer.putLong(base + FPSR, value);
    }

    public int outcome() {
        return (int) buffer.getLong(base + OUTCOME);
    }

    public void outcome(int value) {
        buffer.putLong(base + OUTCOME, value);
    }

    /** Low (0) or high (1) half of a vector register. */
    public long v(int n, int half) {
        return buffer.getLong(base + VECTORS + 16 * n + 8 * half);
    }

    public void v(int n, int half, long value) {
        buffer.putLong(base + VECTORS + 16 * n + 8 * half, value);
    }

    public byte memory(int offset) {
        return buffer.get(base + MEMORY + offset);
    }

    public void memory(int offset, byte value) {
        buffer.put(base + MEMORY + offset, value);
    }

    /** What differs, as text; empty when the images are equal. Cumulative FPSR flags under {@code fpsrMask} only. */
    public String difference(CpuImage other, long fpsrMask) {
        StringBuilder text = new StringBuilder();
        if (outcome() != other.outcome()) {
            text.append(" outcome ").append(outcome()).append(" / ").append(other.outcome());
        }
        for (int n = 0; n < 32; n++) {
            differs(text, n == 31 ? "sp" : "x" + n, x(n), other.x(n));
        }
        differs(text, "nzcv", nzcv(), other.nzcv());
        differs(text, "fpcr", fpcr(), other.fpcr());
        differs(text, "fpsr", fpsr() & fpsrMask, other.fpsr() & fpsrMask);
        for (int n = 0; n < 32; n++) {
            differs(text, "v" + n + ".d[0]", v(n, 0), other.v(n, 0));
            differs(text, "v" + n + ".d[1]", v(n, 1), other.v(n, 1));
        }
        for (int i = 0; i < MEMORY_BYTES; i++) {
            differs(text, "memory[" + i + "]", memory(i), other.memory(i));
        }
        return text.toString();
    }

    private static void differs(StringBuilder text, String name, long a, long b) {
        if (a != b) {
            text.append(' ').append(name).append(" 0x").append(Long.toHexString(a)).append(" / 0x").append(Long.toHexString(b));
        }
    }
}
