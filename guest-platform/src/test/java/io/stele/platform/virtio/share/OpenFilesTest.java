package io.stele.platform.virtio.share;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.TestRam;
import io.stele.platform.virtio.TestDriver;
import io.stele.platform.virtio.TestDriver.Part;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files that are removed, replaced or renamed while the guest has them open, at a server that goes by paths. */
class OpenFilesTest {
    private static final int ROOT = 0;
    private static final int NO_FID = -1;
    private static final int FOLDER = 0200000;

    private ServerEnd end;
    private PathServer server;
    private VirtioShare device;
    private TestDriver driver;
    private int nextTag;
    private int nextFid = 100;

    @BeforeEach
    void start() throws Exception {
        end = new ServerEnd();
        server = new PathServer(end);
        device = new VirtioShare("tag", end.device, ".removed-", false, () -> { }, new CopyOnWriteArrayList<>()::add);
        driver = new TestDriver(device);
        driver.start(0);
        done(104, message().putInt(ROOT).putInt(NO_FID), "user", "/share");
    }

    @AfterEach
    void stop() {
        driver.transport.stop();
        end.close();
        device.close();
    }

    private static ByteBuffer message() {
        return ByteBuffer.allocate(500).order(ByteOrder.LITTLE_ENDIAN).position(7);
    }

    private static void put(ByteBuffer message, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        message.putShort((short) bytes.length).put(bytes);
    }

    /** @return the reply */
    private ByteBuffer send(int type, ByteBuffer body, String... names) throws Exception {
        for (String name : names) {
            put(body, name);
        }
        return exchange(type, body);
    }

    private ByteBuffer exchange(int type, ByteBuffer body) throws Exception {
        byte[] bytes = new byte[body.position()];
        body.putInt(0, bytes.length).put(4, (byte) type).putShort(5, (short) ++nextTag).get(0, bytes);
        Part room = new Part(driver.buffer(300), 300, true);
        driver.add(0, new Part(driver.buffer(bytes), bytes.length, false), room);
        driver.kick(0);
        int size = (int) (driver.take(0) >>> 32);
        ByteBuffer reply = ByteBuffer.wrap(TestRam.read(driver.ram, room.address(), size)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(nextTag, reply.getShort(5));
        driver.recycle();
        return reply;
    }

    private ByteBuffer done(int type, ByteBuffer body, String... names) throws Exception {
        ByteBuffer reply = send(type, body, names);
        assertEquals(type + 1, reply.get(4), () -> "error " + reply.getInt(7));
        return reply;
    }

    private int walk(int from, String... names) throws Exception {
        int fid = nextFid++;
        done(110, message().putInt(from).putInt(fid).putShort((short) names.length), names);
        return fid;
    }

    private int open(int from, String... names) throws Exception {
        int fid = walk(from, names);
        done(12, message().putInt(fid).putInt(0));
        return fid;
    }

    private int create(int folder, String name) throws Exception {
        int fid = walk(folder);
        ByteBuffer message = message().putInt(fid);
        put(message, name);
        done(14, message.putInt(2).putInt(0600).putInt(0));
        return fid;
    }

    private void remove(int from, String... names) throws Exception {
        done(122, message().putInt(walk(from, names)));
    }

    private void rename(int fid, int folder, String name) throws Exception {
        done(20, message().putInt(fid).putInt(folder), name);
    }

    private void clunk(int fid) throws Exception {
        done(120, message().putInt(fid));
    }

    private int error(int fid) throws Exception {
        ByteBuffer reply = send(24, message().putInt(fid).putLong(-1));
        return reply.get(4) == 7 ? reply.getInt(7) : 0;
    }

    private ByteBuffer attributes(int fid) throws Exception {
        return done(24, message().putInt(fid).putLong(-1));
    }

    /** Which file it is. */
    private int file(int fid) throws Exception {
        return attributes(fid).getInt(7 + 21);
    }

    private long links(int fid) throws Exception {
        return attributes(fid).getLong(7 + 33);
    }

    @Test
    void aRemovedFileStaysUntilItsLastFidIsGone() throws Exception {
        int created = create(ROOT, "a");
        int opened = open(ROOT, "a");
        int file = file(opened);
        assertEquals(1, links(opened));
        remove(ROOT, "a");
        assertEquals(file, file(created));
        assertEquals(file, file(opened));
        assertEquals(0, links(opened));
        assertEquals("/share/.removed-0", server.names());
        clunk(created);
        assertEquals(file, file(opened));
        int again = open(opened);
        clunk(opened);
        assertEquals(file, file(again));
        clunk(again);
        assertEquals("", server.names());
        assertEquals(1, server.fidCount());
    }

    @Test
    void nothingIsHiddenOfWhatIsNotOpen() throws Exception {
        clunk(create(ROOT, "a"));
        int looked = walk(ROOT, "a");
        remove(ROOT, "a");
        assertEquals(PathServer.ENOENT, error(looked));
        server.add("/share/d/x");
        int folder = walk(ROOT, "d", "x");
        done(12, message().putInt(folder).putInt(FOLDER));
        remove(ROOT, "d", "x");
        assertEquals("", server.names());
    }

    @Test
    void aReplacedFileIsTheOldOneForWhoHasItOpen() throws Exception {
        int old = create(ROOT, "a");
        int known = walk(ROOT, "a");
        int oldFile = file(old);
        int replacement = create(ROOT, "b");
        int newFile = file(replacement);
        assertNotEquals(oldFile, newFile);
        rename(walk(ROOT, "b"), ROOT, "a");
        assertEquals(oldFile, file(old));
        assertEquals(oldFile, file(known));
        assertEquals(0, links(old));
        assertEquals(newFile, file(replacement));
        assertEquals(newFile, file(walk(ROOT, "a")));
        assertEquals(1, links(replacement));
        clunk(old);
        clunk(known);
        assertEquals("/share/a", server.names());
    }

    @Test
    void filesBelowARenamedFolderAreFound() throws Exception {
        server.add("/share/d/e/f");
        int file = open(ROOT, "d", "e", "f");
        int folder = walk(ROOT, "d", "e");
        int number = file(file);
        rename(walk(ROOT, "d"), ROOT, "g");
        assertEquals(number, file(file));
        int moved = walk(folder, "f");
        assertEquals(number, file(moved));
        rename(moved, folder, "h");
        assertEquals("/share/g/e/h", server.names());
        assertEquals(number, file(file));
        remove(folder, "h");
        assertEquals(number, file(file));
        clunk(file);
        assertEquals(number, file(moved));
        clunk(moved);
        assertEquals("", server.names());
    }

    @Test
    void whereLinksCannotBeMadeFilesAreRemovedAsEver() throws Exception {
        server.withoutLinks = true;
        int opened = create(ROOT, "a");
        remove(ROOT, "a");
        assertEquals("", server.names());
        assertEquals(PathServer.ENOENT, error(opened));
        clunk(opened);
        assertEquals(1, server.fidCount());
    }

    @Test
    void ofTwoLinksOneStays() throws Exception {
        int opened = create(ROOT, "a");
        int walked = walk(ROOT, "a");
        done(70, message().putInt(ROOT).putInt(walked), "b");
        clunk(walked);
        remove(ROOT, "a");
        assertEquals(1, links(opened));
        clunk(opened);
        assertEquals("/share/b", server.names());
    }

    @Test
    void theNameGoesWithAnUnusualNameToo() throws Exception {
        int opened = create(ROOT, "\u00e9\u00ff \n");
        remove(ROOT, "\u00e9\u00ff \n");
        assertEquals(0, links(opened));
        clunk(opened);
        assertTrue(server.names().isEmpty());
    }

    @Test
    void removalByNameIsLeftToRemovalByFid() throws Exception {
        for (int type : new int[] {74, 76}) {
            ByteBuffer reply = send(type, message().putInt(ROOT), "a");
            assertEquals(7, reply.get(4));
            assertEquals(95, reply.getInt(7));
        }
    }
}
