package io.stele.tools.guest;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes a cpio archive in the "newc" format (cpio(5)), which is what the kernel unpacks as initramfs. Owner is root, time is 0. */
public final class CpioWriter {
    private static final int S_IFDIR = 0040000;
    private static final int S_IFREG = 0100000;
    private static final int S_IFLNK = 0120000;
    private static final int S_IFCHR = 0020000;
    private static final int HEADER_BYTES = 110;
    private static final byte[] NOTHING = {};

    private final ByteArrayOutputStream out;
    private int inode;

    /** @param expectedBytes about how large the archive will be */
    public CpioWriter(int expectedBytes) {
        out = new ByteArrayOutputStream(expectedBytes);
    }

    /** @param path without a leading slash; parents must have been written before; @param mode permission bits */
    public CpioWriter directory(String path, int mode) {
        return entry(path, S_IFDIR | mode, 2, 0, 0, NOTHING);
    }

    public CpioWriter file(String path, int mode, byte[] content) {
        return entry(path, S_IFREG | mode, 1, 0, 0, content);
    }

    public CpioWriter file(String path, int mode, String content) {
        return file(path, mode, content.getBytes(StandardCharsets.UTF_8));
    }

    public CpioWriter symlink(String path, String target) {
        return entry(path, S_IFLNK | 0777, 1, 0, 0, target.getBytes(StandardCharsets.UTF_8));
    }

    public CpioWriter characterDevice(String path, int mode, int major, int minor) {
        return entry(path, S_IFCHR | mode, 1, major, minor, NOTHING);
    }

    /** Ends the archive. Another one may follow it directly. */
    public byte[] finish() {
        entry("TRAILER!!!", 0, 1, 0, 0, NOTHING);
        return out.toByteArray();
    }

    private CpioWriter entry(String path, int mode, int links, int major, int minor, byte[] content) {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        out.writeBytes("070701".getBytes(StandardCharsets.US_ASCII));
        hex(mode == 0 ? 0 : ++inode);
        hex(mode);
        hex(0);
        hex(0);
        hex(links);
        hex(0);
        hex(content.length);
        hex(0);
        hex(0);
        hex(major);
        hex(minor);
        hex(name.length + 1);
        hex(0);
        out.writeBytes(name);
        out.write(0);
        pad(HEADER_BYTES + name.length + 1);
        out.writeBytes(content);
        pad(content.length);
        return this;
    }

    private void hex(int value) {
        for (int shift = 28; shift >= 0; shift -= 4) {
            out.write(Character.toUpperCase(Character.forDigit(value >>> shift & 15, 16)));
        }
    }

    private void pad(int length) {
        for (int i = length; (i & 3) != 0; i++) {
            out.write(0);
        }
    }
}
