package io.stele.platform.boot;

import io.stele.platform.bus.GuestRam;
import io.stele.platform.fdt.Chosen;
import io.stele.platform.fdt.FdtNode;
import io.stele.platform.fdt.FlattenedTree;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Places kernel, initrd and device tree in RAM and makes the entry state of the arm64 boot protocol (Linux,
 * Documentation/arch/arm64/booting.rst).
 *
 * <p>The kernel goes to the start of RAM plus its text offset; the initrd to the middle of RAM but at most 128 MiB into it (as QEMU and
 * U-Boot do), or right behind the kernel where that has no room; the device tree behind the initrd, or, for a program that is not Linux and
 * leaves room there, at the start of RAM, where programs for QEMU's machine look for it.
 */
public final class BootLoader {
    private static final long MIB = 1 << 20;
    private static final long INITRD_OFFSET_LIMIT = 128 * MIB;
    /** Alignment that suits guests with any page size. */
    private static final long ALIGNMENT = 64 << 10;
    /** The kernel maps the device tree with at most this size. */
    private static final long TREE_LIMIT = 2 * MIB;

    private BootLoader() {}

    /**
     * Loads everything.
     *
     * @param initrd null or empty: none
     * @param tree device tree; {@code chosen} gets the initrd's place
     */
    public static BootState load(GuestRam ram, KernelImage kernel, BootFile initrd, FdtNode tree) throws BootException {
        long initrdBytes = initrd == null ? 0 : initrd.size();
        long treeBytes = FlattenedTree.write(withInitrd(tree, ram.physical(), initrdBytes)).length;
        if (treeBytes > TREE_LIMIT) {
            throw new BootException("device tree is too large: " + treeBytes + " bytes, at most " + TREE_LIMIT);
        }
        BootState state = place(ram, kernel, initrdBytes, treeBytes);
        kernel.copyTo(ram);
        if (initrdBytes != 0) {
            initrd.copyTo(0, initrdBytes, ram.hostAddress(state.initrd(), initrdBytes));
        }
        ram.write(state.deviceTree(), FlattenedTree.write(withInitrd(tree, state.initrd(), initrdBytes)));
        return state;
    }

    /** Reads a device tree blob that the user supplies. */
    public static FdtNode readDeviceTree(Path path) throws BootException {
        try (BootFile file = BootFile.open("device tree", path)) {
            return FlattenedTree.read(file.readAll());
        } catch (IOException e) {
            throw new BootException("device tree " + path + ": " + e.getMessage(), e);
        }
    }

    private static FdtNode withInitrd(FdtNode tree, long address, long bytes) {
        new Chosen(tree).initrd(address, bytes);
        return tree;
    }

    /** Chooses the places, or says how much memory would be needed. */
    static BootState place(GuestRam ram, KernelImage kernel, long initrdBytes, long treeBytes) throws BootException {
        long start = kernel.start(ram);
        long end = kernel.end(ram);
        if (Long.compareUnsigned(start, ram.physical()) < 0 || end < start) {
            throw kernel.error("is linked to address 0x" + Long.toHexString(start) + ", but RAM begins at 0x"
                    + Long.toHexString(ram.physical()));
        }
        long tightInitrd = align(end);
        long needed = align(tightInitrd + initrdBytes) + treeBytes - ram.physical();
        if (end < ram.physical() || needed > ram.bytes()) {
            throw new BootException("too little memory: kernel (" + mebibytes(end - start) + " MiB)"
                    + (initrdBytes == 0 ? "" : ", initrd (" + mebibytes(initrdBytes) + " MiB)") + " and device tree need at least "
                    + mebibytes(needed) + " MiB, the machine has " + ram.bytes() / MIB + " MiB; give it more"
                    + (initrdBytes == 0 ? "" : " or use a smaller initrd"));
        }
        long wished = ram.physical() + Math.min(align(ram.bytes() / 2), INITRD_OFFSET_LIMIT);
        boolean roomy = wished >= tightInitrd && align(wished + initrdBytes) + treeBytes <= ram.end();
        long place = roomy ? wished : tightInitrd;
        boolean treeFirst = !kernel.image() && start - ram.physical() >= treeBytes;
        long tree = treeFirst ? ram.physical() : align(place + initrdBytes);
        return new BootState(kernel.entry(ram), tree, initrdBytes == 0 ? 0 : place, initrdBytes, start, end);
    }

    private static long align(long address) {
        return address + ALIGNMENT - 1 & -ALIGNMENT;
    }

    private static long mebibytes(long bytes) {
        return (bytes + MIB - 1) / MIB;
    }
}
