package io.stele.tools.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.boot.BootException;
import io.stele.platform.boot.BootFile;
import io.stele.platform.boot.BootLoader;
import io.stele.platform.boot.KernelImage;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.fdt.FlattenedTree;
import io.stele.tools.machine.GuestProgram;
import io.stele.tools.machine.VirtBackend;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged and made-up kernels and device trees: loaded, or refused with one line, and nothing outside RAM is written. */
class FilesFuzzTest {
    private static final int RAM_BYTES = 32 << 20;
    private static final long RAM = 0x4000_0000L;
    private static final int GUARD_BYTES = 64 << 10;
    private static final int HEAD_BYTES = 512;
    private static final byte GUARD = 0x5a;

    @TempDir
    Path folder;
    private final List<byte[]> kernels = new ArrayList<>();
    private byte[] tree;

    @BeforeEach
    void makeSeeds() throws IOException {
        byte[] image = arm64Image();
        kernels.add(image);
        kernels.add(gzip(image));
        kernels.add(elf(image));
        kernels.add(zboot(gzip(image)));
        kernels.add(new byte[] {});
        tree = new VirtBackend().deviceTree(GuestProgram.config(Files.write(folder.resolve("Image"), image)));
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] arm64Image() {
        ByteBuffer image = buffer(8192);
        image.putInt(0x1400_0010).putInt(0).putLong(0x8_0000).putLong(8192).putLong(0xa).position(56);
        image.put("ARM\u0064".getBytes(StandardCharsets.US_ASCII)).putInt(64).put(64, "PE\0\0".getBytes(StandardCharsets.US_ASCII));
        return image.array();
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    /** A program of one segment. */
    private static byte[] elf(byte[] content) {
        ByteBuffer file = buffer(120 + content.length);
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        file.putShort((short) 2).putShort((short) 183).putInt(1).putLong(RAM).putLong(64).putLong(0).putInt(0);
        file.putShort((short) 64).putShort((short) 56).putShort((short) 1).position(64);
        file.putInt(1).putInt(7).putLong(120).putLong(RAM).putLong(RAM).putLong(content.length).putLong(content.length + 4096).putLong(4096);
        return file.put(content).array();
    }

    private static byte[] zboot(byte[] packed) {
        ByteBuffer file = buffer(512 + packed.length);
        file.put("MZ\0\0zimg".getBytes(StandardCharsets.US_ASCII)).putInt(512).putInt(packed.length).position(24);
        file.put("gzip".getBytes(StandardCharsets.US_ASCII)).position(512);
        return file.put(packed).array();
    }

    @Test
    void anyKernelIsLoadedOrRefused() throws IOException {
        FuzzBudget budget = new FuzzBudget();
        int loaded = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(RAM_BYTES + 2L * GUARD_BYTES, 4096);
            memory.asSlice(0, GUARD_BYTES).fill(GUARD);
            memory.asSlice(GUARD_BYTES + (long) RAM_BYTES, GUARD_BYTES).fill(GUARD);
            GuestRam ram = new GuestRam(RAM, RAM_BYTES, memory.address() + GUARD_BYTES);
            while (budget.more()) {
                SplittableRandom random = new SplittableRandom(budget.seed());
                byte[] file = damage(kernels.get(random.nextInt(kernels.size())), random);
                Path path = Files.write(folder.resolve("kernel"), file);
                try (KernelImage kernel = KernelImage.open(path)) {
                    BootFile initrd = random.nextBoolean() ? null : BootFile.of("initrd", new byte[random.nextInt(1 << random.nextInt(26))]);
                    BootLoader.load(ram, kernel, initrd, FlattenedTree.read(tree));
                    loaded++;
                } catch (BootException e) {
                    oneLine(e.getMessage());
                } catch (RuntimeException e) {
                    throw new AssertionError(budget.reproduce("files"), e);
                }
                assertTrue(isIntact(memory, 0) && isIntact(memory, GUARD_BYTES + (long) RAM_BYTES), () -> budget.reproduce("files"));
            }
        }
        int count = loaded;
        assertTrue(budget.cases() < 100 || count > 0 && count < budget.cases(), () -> count + " of " + budget.cases() + " kernels were loaded");
    }

    private static boolean isIntact(MemorySegment memory, long at) {
        byte[] bytes = memory.asSlice(at, GUARD_BYTES).toArray(ValueLayout.JAVA_BYTE);
        for (byte value : bytes) {
            if (value != GUARD) {
                return false;
            }
        }
        return true;
    }

    @Test
    void anyDeviceTreeIsReadOrRefused() throws IOException {
        FuzzBudget budget = new FuzzBudget();
        while (budget.more()) {
            SplittableRandom random = new SplittableRandom(budget.seed());
            Path path = Files.write(folder.resolve("tree"), damage(tree, random));
            try {
                FlattenedTree.write(BootLoader.readDeviceTree(path));
            } catch (BootException e) {
                oneLine(e.getMessage());
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError(budget.reproduce("files"), e);
            }
        }
    }

    private static void oneLine(String message) {
        assertFalse(message == null || message.isBlank() || message.contains("\n") || message.contains("Exception"), message);
        assertEquals(message.strip(), message);
    }

    /** Flipped bits, extreme numbers, cuts, repeated and random pieces, most of them in the head. */
    private static byte[] damage(byte[] seed, SplittableRandom random) {
        byte[] bytes = seed.clone();
        int edits = bytes.length == 0 ? 0 : random.nextInt(6);
        for (int i = 0; i < edits; i++) {
            int at = random.nextInt(random.nextInt(4) == 0 ? bytes.length : Math.min(bytes.length, HEAD_BYTES));
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + (1 << random.nextInt(4))), (byte) (random.nextBoolean() ? -1 : 0));
                default -> {
                    int length = Math.min(random.nextInt(64), bytes.length - at);
                    System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), bytes, at, length);
                }
            }
        }
        return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + HEAD_BYTES)) : bytes;
    }
}
