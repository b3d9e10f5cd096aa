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
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
        assertEquals("too little memory: kernel (40 MiB), initrd (20 MiB) and device tree need at least 61 MiB, the machine has 32 MiB; "
            + "give it more or use a smaller initrd",
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

    /** In a process with a heap of 16 MiB. */
    @Test
    void largeFilesDoNotPassThroughTheHeap() throws IOException, InterruptedException {
        Path initrd = folder.resolve("large");
        try (FileChannel file = FileChannel.open(initrd, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap("begin".getBytes()), 0);
            file.write(ByteBuffer.wrap("end".getBytes()), SmallHeap.INITRD_BYTES - 3);
        }
        Path packed = folder.resolve("packed");
        Files.write(packed, KernelFiles.gzip(Arrays.copyOf(KernelFiles.image(0, SmallHeap.KERNEL_BYTES, 0), SmallHeap.KERNEL_BYTES)));
        String paths = Stream.of("java.class.path", "jdk.module.path").map(System::getProperty).filter(Objects::nonNull)
            .collect(Collectors.joining(":"));
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx16m", "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED", "-cp", paths, SmallHeap.class.getName(), packed.toString(), initrd.toString())
            .redirectErrorStream(true).start();
        assertEquals("begin end", new String(process.getInputStream().readAllBytes()));
        assertEquals(0, process.waitFor());
    }

    /** Loads a kernel and an initrd, the arguments, and prints the ends of the initrd in RAM. */
    static final class SmallHeap {
        static final int INITRD_BYTES = 64 << 20;
        static final int KERNEL_BYTES = 48 << 20;

        private SmallHeap() {}

        public static void main(String[] arguments) throws BootException {
            GuestRam ram = TestRam.of(256 * MIB);
            try (KernelImage kernel = KernelImage.open(Path.of(arguments[0])); BootFile initrd = BootFile.open("initrd", Path.of(arguments[1]))) {
                BootState state = BootLoader.load(ram, kernel, initrd, VirtDeviceTree.build(1, ram.bytes()));
                System.out.print(new String(TestRam.read(ram, state.initrd(), 5)) + " "
                    + new String(TestRam.read(ram, state.initrd() + INITRD_BYTES - 3, 3)));
            }
        }
    }

    /** Programs for the bare machine look for it there. */
    @Test
    void deviceTreeOfABareProgramLiesAtTheStartOfRam() throws IOException, BootException {
        Path path = folder.resolve("program.elf");
        Files.write(path, KernelFiles.elf(183, BASE + 0x8_0000, BASE + 0x8_0000, new byte[1]));
        try (KernelImage program = KernelImage.open(path)) {
            assertEquals(BASE, BootLoader.place(ram(64 * MIB), program, 0, 0x8_0000).deviceTree());
            assertEquals(BASE + 32 * MIB, BootLoader.place(ram(64 * MIB), program, 0, 0x8_0001).deviceTree());
        }
        assertEquals(BASE + 64 * MIB, BootLoader.place(ram(128 * MIB), kernel, 0, 4096).deviceTree());
    }

    /** A pipe or a device has no size; an endless one is refused. */
    @Test
    void contentThatIsNoRegularFileIsReadToItsEnd() throws IOException, BootException, InterruptedException {
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        byte[] content = KernelFiles.image(0, 0, 0);
        Thread writer = Thread.ofPlatform().daemon().start(() -> write(pipe, content));
        try (BootFile file = BootFile.open("initrd", pipe)) {
            assertArrayEquals(content, file.readAll());
            assertArrayEquals(content, file.stream().readAllBytes());
        }
        writer.join();
        assertEquals("initrd /dev/null: the file is empty",
            assertThrows(BootException.class, () -> BootFile.open("initrd", Path.of("/dev/null"))).getMessage());
        assertEquals("initrd /dev/zero: is larger than 1 GiB, and no regular file",
            assertThrows(BootException.class, () -> BootFile.open("initrd", Path.of("/dev/zero"))).getMessage());
    }

    private static void write(Path path, byte[] content) {
        try {
            Files.write(path, content, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
