package io.stele.platform.virtio.share;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.kvm.libc.Folder;
import io.stele.platform.TestRam;
import io.stele.platform.virtio.TestDriver;
import io.stele.platform.virtio.TestDriver.Part;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A guest that has a share of a {@link PathServer} attached as {@link #ROOT}. */
abstract class GuestOfShare {
    static final int ROOT = 0;
    private static final int NO_FID = -1;
    private static final int ROOM = 300_000;

    private ServerEnd end;
    PathServer server;
    private VirtioShare device;
    private TestDriver driver;
    private int nextTag;
    private int nextFid = 100;

    /** What is shared. */
    abstract String folder();

    @BeforeEach
    void start() throws Exception {
        end = new ServerEnd();
        server = new PathServer(end);
        device = new VirtioShare("tag", Folder.open(folder()), "/share", end.device, ".removed-", false, () -> { }, new CopyOnWriteArrayList<>()::add);
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

    static ByteBuffer message() {
        return ByteBuffer.allocate(ROOM).order(ByteOrder.LITTLE_ENDIAN).position(7);
    }

    static void put(ByteBuffer message, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        message.putShort((short) bytes.length).put(bytes);
    }

    /** @return the reply */
    final ByteBuffer send(int type, ByteBuffer body, String... names) throws Exception {
        for (String name : names) {
            put(body, name);
        }
        return exchange(type, body);
    }

    private ByteBuffer exchange(int type, ByteBuffer body) throws Exception {
        byte[] bytes = new byte[body.position()];
        body.putInt(0, bytes.length).put(4, (byte) type).putShort(5, (short) ++nextTag).get(0, bytes);
        Part room = new Part(driver.buffer(ROOM), ROOM, true);
        driver.add(0, new Part(driver.buffer(bytes), bytes.length, false), room);
        driver.kick(0);
        int size = (int) (driver.take(0) >>> 32);
        ByteBuffer reply = ByteBuffer.wrap(TestRam.read(driver.ram, room.address(), size)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(nextTag, reply.getShort(5));
        driver.recycle();
        return reply;
    }

    final ByteBuffer done(int type, ByteBuffer body, String... names) throws Exception {
        ByteBuffer reply = send(type, body, names);
        assertEquals(type + 1, reply.get(4), () -> "error " + reply.getInt(7));
        return reply;
    }

    final int walk(int from, String... names) throws Exception {
        int fid = nextFid++;
        done(110, message().putInt(from).putInt(fid).putShort((short) names.length), names);
        return fid;
    }

    final int open(int from, String... names) throws Exception {
        int fid = walk(from, names);
        done(12, message().putInt(fid).putInt(0));
        return fid;
    }

    final int create(int folder, String name) throws Exception {
        int fid = walk(folder);
        ByteBuffer message = message().putInt(fid);
        put(message, name);
        done(14, message.putInt(2).putInt(0600).putInt(0));
        return fid;
    }

    final void remove(int from, String... names) throws Exception {
        done(122, message().putInt(walk(from, names)));
    }

    final void rename(int fid, int folder, String name) throws Exception {
        done(20, message().putInt(fid).putInt(folder), name);
    }

    final void clunk(int fid) throws Exception {
        done(120, message().putInt(fid));
    }

    final int error(int fid) throws Exception {
        ByteBuffer reply = send(24, message().putInt(fid).putLong(-1));
        return reply.get(4) == 7 ? reply.getInt(7) : 0;
    }

    final ByteBuffer attributes(int fid) throws Exception {
        return done(24, message().putInt(fid).putLong(-1));
    }

    /** Which file it is. */
    final int file(int fid) throws Exception {
        return attributes(fid).getInt(7 + 21);
    }

    final long links(int fid) throws Exception {
        return attributes(fid).getLong(7 + 33);
    }
}
