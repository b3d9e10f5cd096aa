package io.stele.runtime.code;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A file is read only if it is, bit by bit, what one writer wrote. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoreFileTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private StoreFile store() {
        return store("this build");
    }

    private StoreFile store(String identity) {
        return new StoreFile(folder.resolve("translations/name.code"), identity);
    }

    private static void write(StoreFile store, byte[] contents) {
        store.write(out -> {
            out.putInt(contents.length);
            for (int at = 0; at < contents.length; at += MIB) {
                int length = Math.min(MIB, contents.length - at);
                out.room(length).put(contents, at, length);
            }
        });
    }

    /** What is read; null if the file counts as absent. */
    private static byte[] read(StoreFile store) {
        byte[][] result = new byte[1][];
        store.read(in -> {
            result[0] = new byte[in.getInt()];
            in.getBuffer(result[0].length).get(result[0]);
        });
        return result[0];
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    private List<String> names() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(store().file().getParent())) {
            all.forEach(path -> names.add(path.getFileName().toString()));
        }
        names.sort(null);
        return names;
    }

    /** Another program that locks a file as a writer would, until it is destroyed. */
    private static Process holder(Path lock) throws IOException {
        Process process = new ProcessBuilder("python3", "-c", """
            import fcntl, sys, time
            lock = open(sys.argv[1], 'a')
            fcntl.lockf(lock, fcntl.LOCK_EX)
            print('locked', flush=True)
            time.sleep(60)
            """, lock.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        process.inputReader().readLine();
        return process;
    }

    @Test
    void whatWasWrittenIsReadByTheSameBuildOnly() {
        for (int length : new int[] {0, 1, 100, MIB, 3 * MIB + 7}) {
            byte[] contents = random(length, length);
            write(store(), contents);
            assertArrayEquals(contents, read(store()));
            for (String other : List.of("", "this buil", "this build ", "that build", "this bvild")) {
                assertEquals(null, read(store(other)), other);
            }
        }
    }

    @Test
    void everyFlippedBitIsNoticed() throws IOException {
        write(store(), random(100, 1));
        byte[] whole = Files.readAllBytes(store().file());
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] damaged = whole.clone();
            damaged[bit >> 3] ^= (byte) (1 << (bit & 7));
            Files.write(store().file(), damaged);
            assertEquals(null, read(store()), "bit " + bit);
        }
        Files.write(store().file(), whole);
        assertArrayEquals(random(100, 1), read(store()));
    }

    @Test
    void randomDamageOfLargeFilesIsNoticed() throws IOException {
        write(store(), random(MIB + 7, 2));
        byte[] whole = Files.readAllBytes(store().file());
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 50; i++) {
            byte[] damaged = whole.clone();
            int from = random.nextInt(whole.length);
            int length = Math.min(whole.length - from, 1 << random.nextInt(20));
            byte[] other = random(length, i);
            System.arraycopy(other, 0, damaged, from, length);
            if (!Arrays.equals(damaged, whole)) {
                Files.write(store().file(), damaged);
                assertEquals(null, read(store()), length + " bytes at " + from);
            }
        }
    }

    @Test
    void cutAndPaddedFilesAreNoticed() throws IOException {
        write(store(), random(2 * MIB, 4));
        byte[] whole = Files.readAllBytes(store().file());
        for (int length = 0; length < 128; length++) {
            Files.write(store().file(), Arrays.copyOf(whole, length));
            assertEquals(null, read(store()), length + " bytes");
        }
        for (int length : new int[] {4095, 4096, 4097, MIB, whole.length / 2, whole.length - 4096, whole.length - 1, whole.length + 1,
            whole.length + 4096, 2 * whole.length}) {
            Files.write(store().file(), Arrays.copyOf(whole, length));
            assertEquals(null, read(store()), length + " bytes");
        }
    }

    @Test
    void aFileThatClaimsToBeHugeIsNotMapped() throws IOException {
        write(store(), random(100, 5));
        byte[] header = Arrays.copyOf(Files.readAllBytes(store().file()), StoreFile.HEADER_BYTES);
        for (long size : new long[] {1L << 30, Integer.MAX_VALUE, 1L << 31, 1L << 40}) {
            ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(8, size);
            Files.write(store().file(), header);
            try (FileChannel channel = FileChannel.open(store().file(), StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.allocate(1), size - 1);
            }
            assertEquals(null, read(store()), size + " bytes");
        }
    }

    @Test
    void foreignFilesCountAsAbsentAndAreReplaced() throws IOException, InterruptedException {
        byte[] contents = random(1000, 6);
        Path file = store().file();
        assertEquals(null, read(store()));
        Files.createDirectories(file.getParent());
        for (byte[] foreign : List.of(new byte[0], new byte[5000], "#!/bin/sh\necho hello\n".getBytes(), random(100_000, 7))) {
            Files.write(file, foreign);
            assertEquals(null, read(store()));
            write(store(), contents);
            assertArrayEquals(contents, read(store()));
        }
        Files.delete(file);
        assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
        assertEquals(null, read(store()));
        write(store(), contents);
        assertArrayEquals(contents, read(store()));
        Files.delete(file);
        Files.createDirectories(file.resolve("folder"));
        assertEquals(null, read(store()));
        write(store(), contents);
        assertEquals(null, read(store()));
        assertEquals(List.of("lock", "name.code"), names());
    }
}
