package io.stele.platform.boot;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/** Kernel files made for tests: only as much of each format as a loader looks at. */
final class KernelFiles {
    static final int CONTENT_SIZE = 300_000;

    private KernelFiles() {}

    private static ByteBuffer buffer(int size) {
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < size; i++) {
            out.put(i, (byte) (i * 7 + (i >> 8)));
        }
        return out;
    }

    /** An arm64 Image without EFI header. */
    static byte[] image(long textOffset, long imageSize, long flags) {
        ByteBuffer out = buffer(CONTENT_SIZE);
        out.putInt(0, 0x91005a4d).putInt(4, 0x14000000).putLong(8, textOffset).putLong(16, imageSize).putLong(24, flags);
        out.putInt(56, 0x644d5241).putInt(60, 0);
        return out.array();
    }

    /** An arm64 Image with the EFI header of today's kernels, two sections that end with the file. */
    static byte[] efiImage() {
        ByteBuffer out = ByteBuffer.wrap(image(0, CONTENT_SIZE + 100_000, 0xa)).order(ByteOrder.LITTLE_ENDIAN);
        peHeader(out, 64, 0xaa64);
        int table = 64 + 24 + 16;
        out.putInt(table + 16, 0x10000).putInt(table + 20, 0x10000);
        out.putInt(table + 40 + 16, CONTENT_SIZE - 0x20000).putInt(table + 40 + 20, 0x20000);
        return out.array();
    }

    private static void peHeader(ByteBuffer out, int at, int machine) {
        out.put(0, (byte) 'M').put(1, (byte) 'Z').putInt(60, at);
        out.put(at, "PE\0\0".getBytes(StandardCharsets.ISO_8859_1));
        out.putShort(at + 4, (short) machine).putShort(at + 6, (short) 2).putShort(at + 20, (short) 16);
    }

    static byte[] gzip(byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    static byte[] zboot(byte[] payload, String compression, int machine) {
        int offset = 4096;
        ByteBuffer out = ByteBuffer.allocate(offset + payload.length + 512).order(ByteOrder.LITTLE_ENDIAN);
        peHeader(out, 64, machine);
        out.put(4, "zimg".getBytes(StandardCharsets.US_ASCII)).putInt(8, offset).putInt(12, payload.length);
        out.put(24, compression.getBytes(StandardCharsets.US_ASCII));
        out.put(offset, payload);
        return out.array();
    }

    static byte[] bzImage() {
        ByteBuffer out = buffer(20_000);
        out.putShort(0x1fe, (short) 0xaa55).put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII));
        peHeader(out, 0x82, 0x8664);
        return out.array();
    }

    /** A program without header whose first word is an instruction. */
    static byte[] flat(int first) {
        return buffer(5000).putInt(0, first).array();
    }

    /** The same file as a position-independent program. */
    static byte[] positionIndependent(byte[] elf) {
        byte[] result = elf.clone();
        result[16] = 3;
        return result;
    }

    /** Two segments of 0x1000 and 0x800 bytes; the second occupies 0x3000 in memory. */
    static byte[] elf(int machine, long physical, long virtual, byte[] first) {
        ByteBuffer out = ByteBuffer.allocate(0x2800).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1);
        out.putShort(16, (short) 2).putShort(18, (short) machine).putInt(20, 1).putLong(24, virtual + 0x40).putLong(32, 64);
        out.putShort(52, (short) 64).putShort(54, (short) 56).putShort(56, (short) 3);
        programHeader(out, 64, 4, 0, 0, 0, 0x100, 0x100);
        programHeader(out, 64 + 56, 1, 0x1000, virtual, physical, 0x1000, 0x1000);
        programHeader(out, 64 + 112, 1, 0x2000, virtual + 0x10000, physical + 0x10000, 0x800, 0x3000);
        out.put(0x1000, first, 0, Math.min(first.length, 0x1000));
        for (int i = 0; i < 0x800; i++) {
            out.put(0x2000 + i, (byte) 0x5a);
        }
        return out.array();
    }

    private static void programHeader(ByteBuffer out, int at, int type, long offset, long virtual, long physical, long file, long memory) {
        out.putInt(at, type).putLong(at + 8, offset).putLong(at + 16, virtual).putLong(at + 24, physical).putLong(at + 32, file)
            .putLong(at + 40, memory);
    }
}
