package io.stele.platform.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.stele.memory.RawMemory;
import io.stele.platform.TestRam;
import io.stele.platform.bus.GuestRam;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelImageTest {
    private static final int AARCH64 = 183;
    private static final long RAM_BASE = 0x4000_0000L;
    private static final GuestRam RAM = TestRam.of(8 << 20);

    @TempDir
    private Path folder;

    private Path file(byte[] content) throws IOException {
        Path path = folder.resolve("vmlinuz");
        Files.write(path, content);
        return path;
    }

    private KernelImage open(byte[] content) throws IOException, BootException {
        return KernelImage.open(file(content));
    }

    /** The reason behind the name of the file. */
    private String refusal(byte[] content) throws IOException {
        Path path = file(content);
        String message = assertThrows(BootException.class, () -> KernelImage.open(path).close()).getMessage();
        assertFalse(message.contains("\n"), message);
        String start = "kernel " + path + ": ";
        assertEquals(start, message.substring(0, start.length()));
        return message.substring(start.length());
    }

    private static void assertLoads(KernelImage kernel, long address, byte[] content) throws BootException {
        kernel.copyTo(RAM);
        assertEquals(address, kernel.entry(RAM));
        assertArrayEquals(content, TestRam.read(RAM, address, content.length));
    }

    @Test
    void imageGoesToItsTextOffset() throws IOException, BootException {
        byte[] image = KernelFiles.image(0x8_0000, 0x60_0000, 2);
        try (KernelImage kernel = open(image)) {
            assertLoads(kernel, RAM_BASE + 0x8_0000, image);
            assertEquals(RAM_BASE + 0x68_0000, kernel.end(RAM));
            assertEquals("arm64 Image", kernel.format());
        }
    }

    @Test
    void imageOfOldKernelsWithoutSizeGoesToTheOldOffset() throws IOException, BootException {
        byte[] image = KernelFiles.image(0, 0, 0);
        try (KernelImage kernel = open(image)) {
            assertLoads(kernel, RAM_BASE + 0x8_0000, image);
        }
    }

    @Test
    void compressedFormsHoldTheSameImage() throws IOException, BootException {
        byte[] image = KernelFiles.efiImage();
        byte[] packed = KernelFiles.gzip(image);
        for (byte[] form : new byte[][] {image, packed, KernelFiles.zboot(packed, "gzip", 0xaa64)}) {
            try (KernelImage kernel = open(form)) {
                assertLoads(kernel, RAM_BASE, image);
            }
        }
    }

    @Test
    void loadingAgainRestoresTheKernelForAReboot() throws IOException, BootException {
        byte[] image = KernelFiles.efiImage();
        try (KernelImage kernel = open(image)) {
            kernel.copyTo(RAM);
            RawMemory.fill(RAM.host(), image.length, (byte) 0);
            assertLoads(kernel, RAM_BASE, image);
        }
    }

    @Test
    void elfGoesToItsPhysicalAddressesWithClearedTail() throws IOException, BootException {
        RawMemory.fill(RAM.host(), 1 << 20, (byte) 0xff);
        byte[] elf = KernelFiles.elf(AARCH64, RAM_BASE + 0x8_0000, 0xffff_0000_0008_0000L, new byte[] {1, 2, 3});
        try (KernelImage kernel = open(elf)) {
            kernel.copyTo(RAM);
            assertEquals(RAM_BASE + 0x8_0040, kernel.entry(RAM), "the entry is a virtual address");
            assertEquals(RAM_BASE + 0x9_3000, kernel.end(RAM));
            assertArrayEquals(new byte[] {1, 2, 3, 0}, TestRam.read(RAM, RAM_BASE + 0x8_0000, 4));
            assertArrayEquals(new byte[] {0x5a, 0, 0}, TestRam.read(RAM, RAM_BASE + 0x9_07ff, 3));
            assertArrayEquals(new byte[] {0, -1}, TestRam.read(RAM, RAM_BASE + 0x9_2fff, 2));
        }
    }

    @Test
    void vmlinuxIsLoadedAsTheImageItContains() throws IOException, BootException {
        long linked = 0xffff_8000_0800_0000L;
        byte[] elf = KernelFiles.elf(AARCH64, linked, linked, KernelFiles.image(0, 0x20_0000, 0xa));
        try (KernelImage kernel = open(elf)) {
            kernel.copyTo(RAM);
            assertEquals(RAM_BASE, kernel.entry(RAM));
            assertEquals(RAM_BASE + 0x20_0000, kernel.end(RAM));
            assertArrayEquals(new byte[] {0x5a, 0x5a}, TestRam.read(RAM, RAM_BASE + 0x1_0000, 2));
        }
    }

    @Test
    void filesThatCannotBeReadAreNamed() {
        Path missing = folder.resolve("missing");
        assertEquals("kernel " + missing + ": no such file",
            assertThrows(BootException.class, () -> KernelImage.open(missing)).getMessage());
        assertEquals("kernel " + folder + ": is a directory",
            assertThrows(BootException.class, () -> KernelImage.open(folder)).getMessage());
    }

    @Test
    void whatCannotBeAProgramIsRefused() throws IOException {
        assertEquals("the file is empty", refusal(new byte[0]));
        assertEquals("too short for a kernel (3 bytes)", refusal("\0\0\0".getBytes()));
        assertEquals("is a text and not an arm64 kernel (expected Image, gzip'd Image, EFI zboot, ELF or a flat binary)",
            refusal("#!/bin/sh\n".getBytes()));
        assertEquals("not an arm64 kernel (expected Image, gzip'd Image, EFI zboot, ELF or a flat binary, but it begins with 0x100, which is no "
            + "instruction)", refusal(KernelFiles.flat(0x100)));
        assertEquals("is a cpio archive (an initrd?) and not an arm64 kernel", refusal("070701\u0001".getBytes()));
        assertEquals("is a device tree and not an arm64 kernel", refusal(KernelFiles.flat(0xedfe0dd0)));
    }

    /** Branch, MOVZ, ADR, LDR, DSB: what programs begin with. */
    @Test
    void programsWithoutHeaderGoWhereQemuPutsThem() throws IOException, BootException {
        for (int first : new int[] {0x14000010, 0xd2a80000, 0x10000000, 0x580000c0, 0xd5033f9f, 0xaa0003f4, 0x1e2703e0}) {
            byte[] program = KernelFiles.flat(first);
            for (byte[] form : new byte[][] {program, KernelFiles.gzip(program)}) {
                try (KernelImage kernel = open(form)) {
                    assertLoads(kernel, RAM_BASE + 0x8_0000, program);
                    assertEquals(RAM_BASE + 0x8_0000 + program.length, kernel.end(RAM));
                }
            }
        }
    }

    @Test
    void positionIndependentProgramsAreMovedIntoRamWithClearedTail() throws IOException, BootException {
        RawMemory.fill(RAM.host(), 1 << 20, (byte) 0xff);
        byte[] elf = KernelFiles.positionIndependent(KernelFiles.elf(AARCH64, 0, 0, new byte[] {1, 2, 3}));
        try (KernelImage kernel = open(elf)) {
            kernel.copyTo(RAM);
            assertEquals(RAM_BASE + 0x8_0040, kernel.entry(RAM));
            assertArrayEquals(new byte[] {1, 2, 3, 0}, TestRam.read(RAM, RAM_BASE + 0x8_0000, 4));
            assertArrayEquals(new byte[] {0x5a, 0, 0}, TestRam.read(RAM, RAM_BASE + 0x9_07ff, 3));
        }
        byte[] inRam = KernelFiles.positionIndependent(KernelFiles.elf(AARCH64, RAM_BASE + 0x20_0000, RAM_BASE + 0x20_0000, new byte[1]));
        try (KernelImage kernel = open(inRam)) {
            assertEquals(RAM_BASE + 0x20_0040, kernel.entry(RAM));
        }
    }

    @Test
    void truncatedFilesAreRefused() throws IOException {
        byte[] image = KernelFiles.efiImage();
        assertEquals("truncated: 200000 of 300000 bytes", refusal(Arrays.copyOf(image, 200_000)));
        byte[] packed = KernelFiles.gzip(image);
        assertEquals("truncated: the gzip data end too early", refusal(Arrays.copyOf(packed, packed.length / 2)));
        byte[] zboot = KernelFiles.zboot(packed, "gzip", 0xaa64);
        assertEquals("truncated: 5000 of at least " + (4096 + packed.length) + " bytes", refusal(Arrays.copyOf(zboot, 5000)));
        assertEquals("truncated EFI zboot kernel (20 bytes)", refusal(Arrays.copyOf(zboot, 20)));
        byte[] elf = KernelFiles.elf(AARCH64, RAM_BASE, RAM_BASE, image);
        assertEquals("truncated: ELF segment 2 ends behind the end of the file", refusal(Arrays.copyOf(elf, 0x2400)));
        assertEquals("truncated: the ELF program headers lie behind the end of the file", refusal(Arrays.copyOf(elf, 100)));
        assertEquals("truncated ELF file (40 bytes)", refusal(Arrays.copyOf(elf, 40)));
    }

    @Test
    void damagedGzipDataAreRefused() throws IOException {
        byte[] packed = KernelFiles.gzip(KernelFiles.efiImage());
        packed[packed.length - 8] ^= 1;
        assertEquals("damaged gzip data: Corrupt GZIP trailer", refusal(packed));
    }

    @Test
    void kernelsForOtherMachinesAreNamed() throws IOException {
        assertEquals("is an x86 kernel (bzImage), an arm64 kernel is needed", refusal(KernelFiles.bzImage()));
        assertEquals("is an ELF file for x86-64, an arm64 kernel is needed", refusal(KernelFiles.elf(62, RAM_BASE, RAM_BASE, new byte[1])));
        assertEquals("is an EFI zboot kernel for 64-bit RISC-V, an arm64 kernel is needed",
            refusal(KernelFiles.zboot(new byte[10], "gzip", 0x5064)));
        assertEquals("is a big-endian arm64 kernel, a little-endian one is needed", refusal(KernelFiles.image(0, 0x10_0000, 1)));
        byte[] object = KernelFiles.elf(AARCH64, RAM_BASE, RAM_BASE, new byte[1]);
        object[16] = 1;
        assertEquals("is an ELF file that cannot be executed (object file or module)", refusal(object));
    }

    @Test
    void unsupportedCompressionsAreNamed() throws IOException {
        byte[] image = KernelFiles.image(0, 0x10_0000, 0);
        assertEquals("EFI zboot kernel compressed with zstd22, only gzip is supported",
            refusal(KernelFiles.zboot(image, "zstd22", 0xaa64)));
        byte[] xz = image.clone();
        System.arraycopy(new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0}, 0, xz, 0, 6);
        xz[56] = 0;
        assertEquals("is compressed with xz, only gzip is supported; unpack it first", refusal(xz));
        assertEquals("is compressed with gzip more than once, only gzip is supported; unpack it first",
            refusal(KernelFiles.gzip(KernelFiles.gzip(image))));
    }

    @Test
    void damagedHeadersNeverEscapeAsOtherExceptions() throws IOException {
        Random random = new Random(3);
        byte[][] bases = {KernelFiles.efiImage(), KernelFiles.elf(AARCH64, RAM_BASE, RAM_BASE, new byte[1]),
            KernelFiles.zboot(KernelFiles.gzip(KernelFiles.image(0, 0x10_0000, 0)), "gzip", 0xaa64)};
        for (int i = 0; i < 600; i++) {
            byte[] damaged = bases[i % 3].clone();
            for (int n = 0; n < 4; n++) {
                damaged[random.nextInt(240)] = (byte) random.nextInt();
            }
            try (KernelImage kernel = open(Arrays.copyOf(damaged, Math.min(damaged.length, 20_000)))) {
                BootLoader.place(RAM, kernel, 0, 1000);
                kernel.copyTo(RAM);
            } catch (BootException e) {
                assertFalse(e.getMessage().isEmpty());
            }
        }
    }
}
