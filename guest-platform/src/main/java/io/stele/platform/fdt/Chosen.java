package io.stele.platform.fdt;

import io.stele.platform.layout.VirtMemoryMap;

/** What the boot loader tells the kernel: the {@code chosen} node. Also for trees that the user supplies. */
public final class Chosen {
    private static final String CONSOLE = "/pl011@" + Long.toHexString(VirtMemoryMap.UART);

    private final FdtNode node;

    /** The {@code chosen} node of a tree, made if it is missing. */
    public Chosen(FdtNode root) {
        FdtNode existing = root.child("chosen");
        node = existing != null ? existing : root.addChild("chosen");
    }

    /** Kernel command line. Empty leaves the one in the tree. */
    public Chosen commandLine(String arguments) {
        if (!arguments.isEmpty()) {
            node.setStrings("bootargs", arguments);
        }
        return this;
    }

    /** Makes the machine's UART the console, unless the tree names another one. */
    public Chosen console() {
        if (node.property("stdout-path") == null) {
            node.setStrings("stdout-path", CONSOLE);
        }
        return this;
    }

    /**
     * Entropy for the kernel's address randomisation and its random number generator.
     *
     * @param kaslr 8 bytes
     * @param rng any number of bytes; QEMU gives 32
     */
    public Chosen seeds(byte[] kaslr, byte[] rng) {
        if (kaslr.length != 8) {
            throw new IllegalArgumentException("kaslr-seed has 8 bytes, not " + kaslr.length);
        }
        node.set("kaslr-seed", kaslr).set("rng-seed", rng);
        return this;
    }

    /** Where the initrd lies. With {@code bytes = 0} there is none. */
    public Chosen initrd(long address, long bytes) {
        if (bytes == 0) {
            node.remove("linux,initrd-start");
            node.remove("linux,initrd-end");
        } else {
            node.setLongs("linux,initrd-start", address).setLongs("linux,initrd-end", address + bytes);
        }
        return this;
    }
}
