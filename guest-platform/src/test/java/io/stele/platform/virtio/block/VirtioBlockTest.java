package io.stele.platform.virtio.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.kvm.libc.Errno;
import io.stele.memory.RawMemory;
import io.stele.platform.TestRam;
import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.TestDriver;
import io.stele.platform.virtio.TestDriver.Part;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VirtioBlockTest {
    private static final long FLUSH_FEATURE = 1 << 9;
    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH = 4;
    private static final int GET_ID = 8;
    private static final int DISCARD = 11;
    private static final int WRITE_ZEROES = 13;
    private static final int BYTES = 1 << 20;
    /** Takes a while to copy. */
    private static final int LARGE = BYTES + 512;

    @TempDir
    private Path folder;
    private VirtioBlock device;
    private TestDriver driver;

    private Path image() throws IOException {
        byte[] bytes = new byte[BYTES];
        new SplittableRandom(1).nextBytes(bytes);
        return Files.write(folder.resolve("disk"), bytes);
    }

    private void start(BlockBackend backend, long features) {
        device = new VirtioBlock(backend, "disk", "serial", line -> driver.log.add(line));
        driver = new TestDriver(device);
        driver.start(features);
    }

    @AfterEach
    void stop() {
        if (device != null) {
            driver.transport.stop();
            device.close();
        }
    }

    private Part header(int type, long sector) {
        long address = driver.buffer(16);
        RawMemory.putInt(driver.host(address), type);
        RawMemory.putLong(driver.host(address) + 8, sector);
        return new Part(address, 16, false);
    }

    private int status(int type, long sector, Part... data) {
        Part[] parts = new Part[data.length + 2];
        parts[0] = header(type, sector);
        System.arraycopy(data, 0, parts, 1, data.length);
        Part status = new Part(driver.buffer(1), 1, true);
        RawMemory.putByte(driver.host(status.address()), (byte) 99);
        parts[parts.length - 1] = status;
        driver.request(0, parts);
        int result = RawMemory.getByte(driver.host(status.address()));
        return result;
    }

    private Part room(int bytes) {
        return new Part(driver.buffer(bytes), bytes, true);
    }

    private Part data(byte[] bytes) {
        return new Part(driver.buffer(bytes), bytes.length, false);
    }

    private byte[] contents(Part part) {
        return TestRam.read(driver.ram, part.address(), (int) part.length());
    }

    private static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void readsAndWritesScatteredBuffers() throws Exception {
        Path image = image();
        byte[] before = Files.readAllBytes(image);
        start(RawImage.open(image.toString(), false), FLUSH_FEATURE);
        Part first = room(100);
        Part second = room(924);
        assertEquals(0, status(IN, 3, first, second));
        assertArrayEquals(Arrays.copyOfRange(before, 1536, 1636), contents(first));
        assertArrayEquals(Arrays.copyOfRange(before, 1636, 2560), contents(second));
        byte[] written = pattern(1536, 2);
        assertEquals(0, status(OUT, 5, data(Arrays.copyOf(written, 1000)), data(Arrays.copyOfRange(written, 1000, 1536))));
        assertEquals(0, status(FLUSH, 0));
        assertArrayEquals(written, Arrays.copyOfRange(Files.readAllBytes(image), 2560, 4096));
    }

    @Test
    void takesAHeaderInPiecesAndStatusBehindData() throws Exception {
        Path image = image();
        start(RawImage.open(image.toString(), false), FLUSH_FEATURE);
        Part header = header(IN, 1);
        Part dataAndStatus = room(513);
        driver.request(0, new Part(header.address(), 5, false), new Part(header.address() + 5, 11, false), dataAndStatus);
        byte[] got = contents(dataAndStatus);
        assertArrayEquals(Arrays.copyOfRange(Files.readAllBytes(image), 512, 1024), Arrays.copyOf(got, 512));
        assertEquals(0, got[512]);
    }

    @Test
    void refusesWhatIsBehindTheEnd() throws Exception {
        start(RawImage.open(image().toString(), false), FLUSH_FEATURE);
        assertEquals(1, status(IN, BYTES / 512, room(512)));
        assertEquals(1, status(IN, BYTES / 512 - 1, room(1024)));
        assertEquals(1, status(OUT, -1, data(new byte[512])));
        assertEquals(1, status(OUT, Long.MAX_VALUE, data(new byte[512])));
        assertEquals(1, status(IN, 0, room(511)));
        assertEquals(2, status(77, 0));
        assertTrue(driver.log.isEmpty());
    }

    @Test
    void zeroesAndDiscards() throws Exception {
        Path image = image();
        start(RawImage.open(image.toString(), false), FLUSH_FEATURE);
        byte[] range = new byte[16];
        range[0] = 8;
        range[8] = 16;
        assertEquals(0, status(WRITE_ZEROES, 0, data(range)));
        byte[] after = Files.readAllBytes(image);
        assertArrayEquals(new byte[8192], Arrays.copyOfRange(after, 4096, 12288));
        assertTrue(after[12288] != 0 || after[12289] != 0);
        assertEquals(BYTES, after.length);
        assertEquals(0, status(DISCARD, 0, data(range)));
        range[12] = 1;
        assertEquals(2, status(DISCARD, 0, data(range)));
        range[12] = 0;
        range[7] = 1;
        assertEquals(1, status(DISCARD, 0, data(range)));
    }

    @Test
    void tellsItsSerialNumber() throws Exception {
        start(RawImage.open(image().toString(), false), FLUSH_FEATURE);
        Part id = room(20);
        assertEquals(0, status(GET_ID, 0, id));
        assertEquals("serial", new String(contents(id)).trim());
    }

    @Test
    void aReadOnlyDiskIsNotWritten() throws Exception {
        Path image = image();
        byte[] before = Files.readAllBytes(image);
        start(RawImage.open(image.toString(), true), FLUSH_FEATURE);
        assertEquals(1, status(OUT, 0, data(new byte[512])));
        assertEquals(0, driver.offered() & 1 << 13);
        assertTrue((driver.offered() & 1 << 5) != 0);
        assertArrayEquals(before, Files.readAllBytes(image));
    }

    @Test
    void aFileThatShrankIsAnErrorOfTheGuestWithOneLine() throws Exception {
        Path image = image();
        start(RawImage.open(image.toString(), false), FLUSH_FEATURE);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(4096);
        }
        assertEquals(0, status(IN, 0, room(512)));
        assertEquals(1, status(IN, 100, room(512)));
        assertEquals(1, status(IN, 101, room(512)));
        assertEquals(1, driver.log.size(), driver.log::toString);
    }

    @Test
    void anImageIsLockedAgainstASecondWriter() throws Exception {
        String image = image().toString();
        try (RawImage writer = RawImage.open(image, false)) {
            assertTrue(assertThrows(DiskException.class, () -> RawImage.open(image, false)).getMessage().contains("in use"));
            assertTrue(assertThrows(DiskException.class, () -> RawImage.open(image, true)).getMessage().contains("in use"));
            assertEquals(BYTES, writer.bytes());
        }
        try (RawImage reader = RawImage.open(image, true); RawImage other = RawImage.open(image, true)) {
            assertThrows(DiskException.class, () -> RawImage.open(image, false));
            assertEquals(reader.bytes(), other.bytes());
        }
        RawImage.open(image, false).close();
    }

    @Test
    void saysWhyAFileIsNoDisk() throws Exception {
        Path empty = Files.createFile(folder.resolve("empty"));
        Path odd = Files.write(folder.resolve("odd"), new byte[1000]);
        assertTrue(assertThrows(DiskException.class, () -> RawImage.open(empty.toString(), false)).getMessage().endsWith("is empty"));
        assertTrue(assertThrows(DiskException.class, () -> RawImage.open(odd.toString(), false)).getMessage().contains("512"));
        assertTrue(assertThrows(DiskException.class, () -> RawImage.open(folder + "/none", false)).getMessage().contains("no such file"));
    }

    @Test
    void aSnapshotReadsItsOwnWritesAndLeavesTheImageAlone() throws Exception {
        Path image = image();
        byte[] expected = Files.readAllBytes(image);
        byte[] before = expected.clone();
        start(new Snapshot(RawImage.open(image.toString(), true), folder), FLUSH_FEATURE);
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 300; i++) {
            driver.recycle();
            int sectors = 1 + random.nextInt(40);
            int sector = random.nextInt(BYTES / 512 - sectors);
            switch (random.nextInt(3)) {
                case 0 -> {
                    byte[] bytes = pattern(512 * sectors, i);
                    System.arraycopy(bytes, 0, expected, 512 * sector, bytes.length);
                    assertEquals(0, status(OUT, sector, data(bytes)));
                }
                case 1 -> {
                    byte[] range = new byte[16];
                    range[0] = (byte) sector;
                    range[1] = (byte) (sector >> 8);
                    range[8] = (byte) sectors;
                    Arrays.fill(expected, 512 * sector, 512 * (sector + sectors), (byte) 0);
                    assertEquals(0, status(WRITE_ZEROES, 0, data(range)));
                }
                default -> {
                    int cut = 1 + random.nextInt(512 * sectors - 1);
                    Part first = room(cut);
                    Part second = room(512 * sectors - cut);
                    assertEquals(0, status(IN, sector, first, second));
                    assertArrayEquals(Arrays.copyOfRange(expected, 512 * sector, 512 * sector + cut), contents(first));
                    assertArrayEquals(Arrays.copyOfRange(expected, 512 * sector + cut, 512 * (sector + sectors)), contents(second));
                }
            }
        }
        assertArrayEquals(before, Files.readAllBytes(image));
    }

    /** A disk with a write cache that forgets at a power cut. */
    private static final class VolatileDisk implements BlockBackend {
        final byte[] cached = new byte[BYTES];
        byte[] durable = new byte[BYTES];

        @Override
        public long bytes() {
            return BYTES;
        }

        @Override
        public boolean readOnly() {
            return false;
        }

        @Override
        public synchronized int read(Chain chain, long offset) {
            return 5;
        }

        @Override
        public synchronized int write(Chain chain, long offset) {
            long at = offset;
            int got = chain.read(chain.scratch(), Chain.SCRATCH_BYTES);
            while (got > 0) {
                RawMemory.copy(chain.scratch(), cached, (int) at, got);
                at += got;
                got = chain.read(chain.scratch(), Chain.SCRATCH_BYTES);
            }
            return 0;
        }

        @Override
        public synchronized int flush() {
            durable = cached.clone();
            return 0;
        }

        @Override
        public int discard(long offset, long length) {
            return 0;
        }

        @Override
        public synchronized int writeZeroes(long offset, long length, boolean mayUnmap) {
            Arrays.fill(cached, (int) offset, (int) (offset + length), (byte) 0);
            return 0;
        }

        @Override
        public void close() {
        }
    }

    @Test
    void whatWasFlushedSurvivesAPowerCut() {
        VolatileDisk disk = new VolatileDisk();
        start(disk, FLUSH_FEATURE);
        byte[] first = pattern(2048, 5);
        assertEquals(0, status(OUT, 4, data(first)));
        assertArrayEquals(new byte[2048], Arrays.copyOfRange(disk.durable, 2048, 4096));
        assertEquals(0, status(FLUSH, 0));
        assertArrayEquals(first, Arrays.copyOfRange(disk.durable, 2048, 4096));
    }

    @Test
    void aDriverWithoutFlushHasEachWriteMadeDurable() {
        VolatileDisk disk = new VolatileDisk();
        start(disk, 0);
        byte[] first = pattern(2048, 5);
        assertEquals(0, status(OUT, 4, data(first)));
        assertArrayEquals(first, Arrays.copyOfRange(disk.durable, 2048, 4096));
        byte[] range = new byte[16];
        range[0] = 4;
        range[8] = 1;
        assertEquals(0, status(WRITE_ZEROES, 0, data(range)));
        assertArrayEquals(new byte[512], Arrays.copyOfRange(disk.durable, 2048, 2560));
    }

    /** Says which thread has asked for what, and answers as it is told. */
    private static final class Watched implements BlockBackend {
        final List<String> calls = new CopyOnWriteArrayList<>();
        volatile int readNowError;
        volatile long slowMillis;

        private void note(String call) {
            calls.add(call + (isDevices(Thread.currentThread()) ? " on a thread" : ""));
        }

        @Override
        public long bytes() {
            return 2 * BYTES;
        }

        @Override
        public boolean readOnly() {
            return false;
        }

        @Override
        public int read(Chain chain, long offset) {
            note("read " + chain.writableBytes());
            return 0;
        }

        /** Uses a part of the chain up, as one that is interrupted half-way would. */
        @Override
        public int readNow(Chain chain, long offset) {
            note("readNow " + chain.writableBytes());
            chain.skipWritable(100);
            return readNowError;
        }

        @Override
        public int write(Chain chain, long offset) {
            note("write " + chain.readableBytes());
            pause();
            return 0;
        }

        @Override
        public boolean writesAtOnce() {
            return true;
        }

        @Override
        public int flush() {
            note("flush");
            pause();
            return 0;
        }

        private void pause() {
            try {
                Thread.sleep(slowMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public int discard(long offset, long length) {
            return 0;
        }

        @Override
        public int writeZeroes(long offset, long length, boolean mayUnmap) {
            return 0;
        }

        @Override
        public void close() {
        }
    }

    /**
     * As {@link #status}, but once the device's threads wait: one that is still on its way there may take the request before the driver
     * tells of it.
     */
    private int statusAtRest(int type, long sector, Part... data) throws InterruptedException {
        while (Thread.getAllStackTraces().keySet().stream().anyMatch(VirtioBlockTest::isOnItsWay)) {
            Thread.sleep(1);
        }
        return status(type, sector, data);
    }

    private static boolean isDevices(Thread thread) {
        return thread.getName().startsWith("disk ");
    }

    private static boolean isOnItsWay(Thread thread) {
        return isDevices(thread) && thread.getState() != Thread.State.WAITING;
    }

    @Test
    void smallRequestsThatNeedNoWaitingAreServedByWhoNotifiesOfThem() throws InterruptedException {
        Watched backend = new Watched();
        start(backend, FLUSH_FEATURE);
        assertEquals(0, statusAtRest(IN, 3, room(1000), room(24)));
        assertEquals(0, statusAtRest(OUT, 3, data(new byte[4096])));
        assertEquals(0, statusAtRest(IN, 3, room(LARGE)));
        assertEquals(0, statusAtRest(OUT, 3, data(new byte[LARGE])));
        assertEquals(0, statusAtRest(FLUSH, 0));
        assertEquals(List.of("readNow 1024", "write 4096", "read " + LARGE + " on a thread",
            "write " + LARGE + " on a thread", "flush"), backend.calls);
    }

    @Test
    void aSnapshotReadsAtOnceWhatIsInOnePlace() throws Exception {
        Watched image = new Watched();
        start(new Snapshot(image, folder), FLUSH_FEATURE);
        byte[] block = pattern(4096, 1);
        assertEquals(0, statusAtRest(OUT, 0, data(block)));
        assertEquals(0, statusAtRest(IN, 8, room(512)));
        Part changed = room(512);
        assertEquals(0, statusAtRest(IN, 7, changed));
        assertArrayEquals(Arrays.copyOfRange(block, 7 * 512, 4096), contents(changed));
        assertEquals(0, statusAtRest(IN, 7, room(1024)));
        assertEquals(List.of("readNow 512", "read 512 on a thread"), image.calls);
    }

    @Test
    void aThreadBeginsAgainWithWhatWouldHaveHadToWait() throws InterruptedException {
        Watched backend = new Watched();
        backend.readNowError = Errno.EAGAIN;
        start(backend, FLUSH_FEATURE);
        for (int i = 0; i < 3; i++) {
            assertEquals(0, statusAtRest(IN, 3, room(1000), room(24)));
        }
        assertEquals(List.of("readNow 1024", "read 1024 on a thread", "readNow 1024", "read 1024 on a thread", "readNow 1024", "read 1024 on a thread"),
            backend.calls);
    }

    @Test
    void afterASlowWriteOrFlushThreadsDoIt() throws InterruptedException {
        Watched backend = new Watched();
        backend.slowMillis = 20;
        start(backend, FLUSH_FEATURE);
        assertEquals(0, statusAtRest(OUT, 3, data(new byte[512])));
        assertEquals(0, statusAtRest(OUT, 3, data(new byte[512])));
        assertEquals(0, statusAtRest(FLUSH, 0));
        assertEquals(0, statusAtRest(FLUSH, 0));
        assertEquals(List.of("write 512", "write 512 on a thread", "flush", "flush on a thread"), backend.calls);
    }
}
