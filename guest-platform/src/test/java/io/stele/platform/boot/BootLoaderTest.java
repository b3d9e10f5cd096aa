package io.stele.platform.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.TestRam;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.fdt.Chosen;
import io.stele.platform.fdt.FdtNode;
import io.stele.platform.fdt.FlattenedTree;
import io.stele.platform.fdt.VirtDeviceTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootLoaderTest {
    private static final long MIB = 1 << 20;
    private static final long BASE = 0x4000_0000L;

    @TempDir
    private Path folder;
    private KernelImage kernel;

    @BeforeEach
    void makeKernel() throws IOException, BootException {
        Path path = folder.resolve("Image");
        Files.write(path, KernelFiles.image(0, 40 * MIB, 0xa));
        kernel = KernelImage.open(path);
    }

    private static GuestRam ram(long bytes) {
        return new GuestRam(BASE, bytes, 0);
    }

    @Test
    void everythingIsLoadedAndTheTreeNamesTheInitrd() throws IOException, BootException {
        GuestRam ram = TestRam.of(64 * MIB);
        byte[] archive = "070701 an archive".getBytes();
        Path initrd = folder.resolve("initrd");
        Files.write(initrd, archive);
        FdtNode tree = VirtDeviceTree.build(1, ram.bytes());
        new Chosen(tree).commandLine("console=ttyAMA0");
        BootState state;
        try (BootFile file = BootFile.open("initrd", initrd)) {
            state = BootLoader.load(ram, kernel, file, tree);
        }
        assertEquals(BASE, state.entry());
        assertArrayEquals(archive, TestRam.read(ram, state.initrd(), archive.length));
        FdtNode chosen = FlattenedTree.read(TestRam.read(ram, state.deviceTree(), 8192)).child("chosen");
        assertEquals(state.initrd(), ByteBuffer.wrap(chosen.property("linux,initrd-start")).getLong());
        assertEquals(state.initrd() + archive.length, ByteBuffer.wrap(chosen.property("linux,initrd-end")).getLong());
        assertEquals(0, state.deviceTree() & 7);
    }

    @Test
    void initrdLiesAsQemuPlacesItWhenThereIsRoom() throws BootException {
        assertEquals(BASE + 128 * MIB, BootLoader.place(ram(1024 * MIB), kernel, 20 * MIB, 4096).initrd());
        assertEquals(BASE + 64 * MIB, BootLoader.place(ram(128 * MIB), kernel, 20 * MIB, 4096).initrd());
    }

    @Test
    void nothingOverlapsHoweverTightMemoryIs() throws BootException {
        for (long megabytes = 61; megabytes < 400; megabytes++) {
            BootState state = BootLoader.place(ram(megabytes * MIB), kernel, 20 * MIB, 4096);
            assertTrue(state.initrd() >= state.kernelEnd());
            assertTrue(state.deviceTree() >= state.initrd() + state.initrdBytes());
            assertTrue(state.deviceTree() + 4096 <= BASE + megabytes * MIB);
        }
    }

    @Test
    void tooLittleMemorySaysHowMuchIsNeeded() {
        BootException refusal = assertThrows(BootException.class, () -> BootLoader.place(ram(32 * MIB), kernel, 20 * MIB, 4096));
        assertEquals("too little memory: kernel (40 MiB), initrd (20 MiB) and device tree need at least 61 MiB, the machine has 32 MiB",
            refusal.getMessage());
    }

    @Test
    void programsLinkedOutsideRamAreRefused() throws IOException, BootException {
        Path path = folder.resolve("low.elf");
        Files.write(path, KernelFiles.elf(183, 0x8000_0, 0x8000_0, new byte[1]));
        try (KernelImage low = KernelImage.open(path)) {
            BootException refusal = assertThrows(BootException.class, () -> BootLoader.place(ram(64 * MIB), low, 0, 4096));
            assertEquals("kernel " + path + ": is linked to address 0x80000, but RAM begins at 0x40000000", refusal.getMessage());
        }
    }

    @Test
    void initrdThatIsMissingOrEmptyIsRefused() throws IOException {
        Path missing = folder.resolve("none");
        assertEquals("initrd " + missing + ": no such file",
            assertThrows(BootException.class, () -> BootFile.open("initrd", missing)).getMessage());
        Path empty = Files.createFile(folder.resolve("empty"));
        assertEquals("initrd " + empty + ": the file is empty",
            assertThrows(BootException.class, () -> BootFile.open("initrd", empty)).getMessage());
    }

    @Test
    void suppliedDeviceTreesAreReadOrRefusedWithTheirName() throws IOException, BootException {
        Path path = folder.resolve("board.dtb");
        Files.write(path, FlattenedTree.write(VirtDeviceTree.build(1, 64 * MIB)));
        assertEquals("linux,dummy-virt\0", new String(BootLoader.readDeviceTree(path).property("model")));
        Files.writeString(path, "/dts-v1/; / { this is source text and longer than a header };");
        assertEquals("device tree " + path + ": not a device tree blob (magic number missing; is it source text? compile it with dtc)",
            assertThrows(BootException.class, () -> BootLoader.readDeviceTree(path)).getMessage());
    }

    @Test
    void hugeDeviceTreesAreRefused() {
        FdtNode tree = VirtDeviceTree.build(1, 64 * MIB).set("padding", new byte[3 << 20]);
        assertTrue(assertThrows(BootException.class, () -> BootLoader.load(ram(64 * MIB), kernel, null, tree)).getMessage()
            .startsWith("device tree is too large"));
    }

    @Test
    void entropyDiffersEachTime() {
        assertEquals(32, Entropy.bytes(32).length);
        assertTrue(!java.util.Arrays.equals(Entropy.bytes(8), Entropy.bytes(8)));
    }
}
