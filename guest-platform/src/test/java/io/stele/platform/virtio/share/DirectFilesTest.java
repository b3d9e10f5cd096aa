package io.stele.platform.virtio.share;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a real folder, which the device reads and writes itself, at a server that would only count it. */
class DirectFilesTest extends GuestOfShare {
    private static final int EBADF = 9;
    private static final int WRITE_ONLY = 1;
    private static final int READ_WRITE = 2;
    private static final int APPEND = 02000;
    private static final int SET_USER_ID = 04000;

    @TempDir
    Path folder;
    private Path file;
    private final byte[] content = new byte[1000];

    @Override
    String folder() {
        return folder.toString();
    }

    @BeforeEach
    void makeFile() throws IOException {
        new Random(1).nextBytes(content);
        file = Files.write(folder.resolve("f"), content);
        share("f", file);
    }

    private void share(String name, Path what) throws IOException {
        server.add("/share/" + name, ((Number) Files.getAttribute(what, "unix:ino")).longValue());
    }

    private int open(String name, int flags) throws Exception {
        int fid = walk(ROOT, name.split("/"));
        done(12, message().putInt(fid).putInt(flags));
        return fid;
    }

    private byte[] read(int fid, long offset, int count) throws Exception {
        ByteBuffer reply = done(116, message().putInt(fid).putLong(offset).putInt(count));
        byte[] data = new byte[reply.getInt(7)];
        assertEquals(11 + data.length, reply.capacity());
        reply.get(11, data);
        return data;
    }

    private ByteBuffer write(int fid, long offset, byte[] data) throws Exception {
        return send(118, message().putInt(fid).putLong(offset).putInt(data.length).put(data));
    }

    private void assertWritten(int fid, long offset, byte[] data) throws Exception {
        ByteBuffer reply = write(fid, offset, data);
        assertEquals(119, reply.get(4));
        assertEquals(data.length, reply.getInt(7));
    }

    private boolean isOpenHere() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.anyMatch(this::isFile);
        }
    }

    private boolean isFile(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).equals(file.toRealPath());
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void readsAndWritesDoNotReachTheServer() throws Exception {
        int fid = open("f", READ_WRITE);
        assertFalse(isOpenHere());
        assertArrayEquals(Arrays.copyOfRange(content, 10, 30), read(fid, 10, 20));
        assertArrayEquals(Arrays.copyOfRange(content, 990, 1000), read(fid, 990, 5000));
        assertArrayEquals(new byte[0], read(fid, 1000, 10));
        assertTrue(isOpenHere());
        assertWritten(fid, 998, new byte[] {1, 2, 3, 4});
        byte[] longer = Arrays.copyOf(content, 1002);
        System.arraycopy(new byte[] {1, 2, 3, 4}, 0, longer, 998, 4);
        assertArrayEquals(longer, Files.readAllBytes(file));
        assertEquals(0, server.accesses);
        clunk(fid);
        assertFalse(isOpenHere());
    }

    @Test
    void muchAtOnceIsLeftToThreads() throws Exception {
        byte[] much = new byte[250_000];
        new Random(2).nextBytes(much);
        int fid = open("f", READ_WRITE);
        assertWritten(fid, 500, much);
        assertArrayEquals(much, read(fid, 500, much.length));
        assertArrayEquals(much, Arrays.copyOfRange(Files.readAllBytes(file), 500, 500 + much.length));
        assertEquals(0, server.accesses);
    }

    @Test
    void aFileOpenedToAppendGrowsAtItsEnd() throws Exception {
        int fid = open("f", WRITE_ONLY | APPEND);
        assertWritten(fid, 0, new byte[] {1, 2});
        assertEquals(1002, Files.size(file));
        assertArrayEquals(content, Arrays.copyOf(Files.readAllBytes(file), 1000));
    }

    @Test
    void aFileThatIsOpenToReadIsNotWritten() throws Exception {
        ByteBuffer reply = write(open("f", 0), 0, new byte[10]);
        assertEquals(7, reply.get(4));
        assertEquals(EBADF, reply.getInt(7));
        assertArrayEquals(content, Files.readAllBytes(file));
    }

    @Test
    void itStaysTheSameFileWhateverItsName() throws Exception {
        int fid = open("f", 0);
        Files.move(file, folder.resolve("g"));
        rename(walk(ROOT, "f"), ROOT, "g");
        assertArrayEquals(content, read(fid, 0, 2000));
        Files.delete(folder.resolve("g"));
        assertArrayEquals(content, read(fid, 0, 2000));
        assertEquals(0, server.accesses);
    }

    @Test
    void anotherFileThanTheServersIsLeftToTheServer() throws Exception {
        Files.copy(file, folder.resolve("g"));
        share("g", file);
        assertEquals(0, read(open("g", 0), 0, 10).length);
        assertEquals(1, server.accesses);
    }

    @Test
    void linksAreNotFollowed(@TempDir Path outside) throws Exception {
        Path other = Files.write(outside.resolve("o"), content);
        Files.createSymbolicLink(folder.resolve("link"), other);
        Files.createSymbolicLink(folder.resolve("out"), outside);
        share("link", other);
        share("out/o", other);
        assertEquals(0, read(open("link", 0), 0, 10).length);
        assertEquals(0, read(open("out/o", 0), 0, 10).length);
        assertEquals(2, server.accesses);
    }

    @Test
    void programsOfOtherUsersAreWrittenByTheServer() throws Exception {
        int opened = open("f", READ_WRITE);
        assertWritten(opened, 0, content);
        assertEquals(0, server.accesses);
        Files.setAttribute(file, "unix:mode", SET_USER_ID | 0755);
        done(26, message().putInt(opened).putInt(1).putInt(SET_USER_ID | 0755).put(new byte[48]));
        assertWritten(opened, 0, content);
        assertWritten(open("f", READ_WRITE), 0, content);
        assertEquals(2, server.accesses);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }
}
