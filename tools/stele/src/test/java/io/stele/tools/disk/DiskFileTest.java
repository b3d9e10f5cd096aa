package io.stele.tools.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.virtio.block.BlockBackend;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFileTest {
    @TempDir
    private Path folder;

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        assertEquals(0, process.waitFor());
    }

    private static void needs(String program) {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin", program)) || Files.isExecutable(Path.of("/usr/sbin", program)),
            "needs " + program);
    }

    @Test
    void readsItsOptions() throws IOException {
        assertEquals(new DiskFile("a,b.img", true, false), DiskFile.parse("a,b.img,readonly"));
        assertEquals(new DiskFile("x", false, true), DiskFile.parse("x,snapshot"));
        assertThrows(UserException.class, () -> DiskFile.parse("x,snapshot,readonly"));
        Path file = Files.write(folder.resolve("disk"), new byte[512]);
        assertTrue(assertThrows(UserException.class, () -> DiskFile.parse(file + ",ro")).getMessage().contains("'ro'"));
    }

    @Test
    void refusesWhatIsNoDiskAndSaysWhatItIs() throws IOException {
        byte[] bytes = new byte[1024];
        bytes[0] = 0x1f;
        bytes[1] = (byte) 0x8b;
        Path zipped = Files.write(folder.resolve("disk.gz"), bytes);
        UserException refusal = assertThrows(UserException.class, () -> DiskFile.parse(zipped.toString()).open());
        assertTrue(refusal.getMessage().contains("compressed with gzip"), refusal.getMessage());
        assertTrue(assertThrows(UserException.class, () -> DiskFile.parse(folder + "/none").open()).getMessage().contains("no such file"));
    }

    @Test
    void opensQcow2WithItsServer() throws Exception {
        needs("qemu-nbd");
        Path image = folder.resolve("disk.qcow2");
        run("qemu-img", "create", "-q", "-f", "qcow2", image.toString(), "10M");
        try (BlockBackend disk = DiskFile.parse(image.toString()).open()) {
            assertEquals(10 << 20, disk.bytes());
            assertEquals(0, disk.writeZeroes(4096, 4096, true));
            assertEquals(0, disk.flush());
            UserException locked = assertThrows(UserException.class, () -> DiskFile.parse(image.toString()).open());
            assertFalse(locked.getMessage().contains("\n"), locked.getMessage());
        }
        Path garbage = Files.write(folder.resolve("garbage.qcow2"), new byte[] {'Q', 'F', 'I', (byte) 0xfb, 9, 9, 9, 9, 1, 2, 3});
        assertFalse(assertThrows(UserException.class, () -> DiskFile.parse(garbage.toString()).open()).getMessage().contains("\n"));
    }

    private Path root() throws IOException {
        Path boot = Files.createDirectories(folder.resolve("root/boot"));
        Files.writeString(boot.resolve("vmlinuz-6.1.0-9-arm64"), "old");
        Files.writeString(boot.resolve("vmlinuz-6.1.0-10-arm64"), "kernel");
        Files.writeString(boot.resolve("initrd.img-6.1.0-10-arm64"), "initrd");
        return boot.getParent();
    }

    @Test
    void takesTheNewestKernelOutOfAnImage() throws Exception {
        needs("debugfs");
        Path image = folder.resolve("disk.img");
        run("/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-d", root().toString(), image.toString(), "8M");
        BootFiles files = BootFiles.of(image, folder.resolve("cache"));
        assertEquals("kernel", Files.readString(files.kernel()));
        assertEquals("initrd", Files.readString(files.initrd()));
        assertEquals("/dev/vda", files.root());
    }

    @Test
    void takesTheKernelOutOfAQcow2Image() throws Exception {
        needs("debugfs");
        needs("qemu-img");
        Path raw = folder.resolve("disk.raw");
        run("/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-d", root().toString(), raw.toString(), "8M");
        Path image = folder.resolve("disk.qcow2");
        run("qemu-img", "convert", "-O", "qcow2", raw.toString(), image.toString());
        try (BlockBackend disk = DiskFile.parse(image.toString()).open()) {
            BootFiles files = BootFiles.of(image, folder.resolve("cache"));
            assertEquals("kernel", Files.readString(files.kernel()));
            assertEquals(8 << 20, disk.bytes());
        }
        try (Stream<Path> left = Files.list(folder.resolve("cache"))) {
            assertEquals(1, left.count());
        }
    }

    @Test
    void looksIntoPartitions() throws Exception {
        needs("debugfs");
        Path part = folder.resolve("part.img");
        run("/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-d", root().toString(), part.toString(), "8M");
        Path image = folder.resolve("disk.img");
        ByteBuffer mbr = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        mbr.put(446 + 16 + 4, (byte) 0x83).putInt(446 + 16 + 8, 2048).putInt(446 + 16 + 12, 16384).putShort(510, (short) 0xaa55);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.write(mbr.array());
            file.seek(1 << 20);
            file.write(Files.readAllBytes(part));
        }
        BootFiles files = BootFiles.of(image, folder.resolve("cache"));
        assertEquals("kernel", Files.readString(files.kernel()));
        assertEquals("/dev/vda2", files.root());
    }

    @Test
    void saysThatAnImageHasNoKernel() throws IOException {
        Path image = Files.write(folder.resolve("disk.img"), new byte[1 << 16]);
        assertTrue(assertThrows(UserException.class, () -> BootFiles.of(image, folder)).getMessage().contains("give --kernel"));
        assertEquals(List.of(), PartitionTable.extFileSystems(image));
    }

    @Test
    void comparesVersionsByNumber() {
        assertTrue(BootFiles.compare("6.1.0-10-arm64", "6.1.0-9-arm64") > 0);
        assertTrue(BootFiles.compare("6.12", "6.2") > 0);
        assertEquals(0, BootFiles.compare("6.1", "6.1"));
        assertTrue(BootFiles.compare("6.1", "6.1.1") < 0);
    }
}
