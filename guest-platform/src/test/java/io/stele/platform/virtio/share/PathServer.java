package io.stele.platform.virtio.share;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** A file server that knows fids by their paths alone, as diod does, on a file system of names and files in memory. */
final class PathServer {
    static final int ENOENT = 2;
    private static final int EIO = 5;
    private static final int EEXIST = 17;

    private static final class File {
        int links = 1;
        long inode;
    }

    /** What there is, by path; folders need not be there. */
    private final Map<String, File> files = new ConcurrentHashMap<>();
    private final Map<Integer, String> fids = new ConcurrentHashMap<>();
    private final ServerEnd end;
    /** Refuses links, as file systems may. */
    volatile boolean withoutLinks;
    /** Reads and writes that have come here. */
    volatile int accesses;

    PathServer(ServerEnd end) {
        this.end = end;
        Thread.ofPlatform().daemon().start(this::serve);
    }

    /** Paths of all files. */
    String names() {
        return String.join(" ", new TreeMap<>(files).keySet());
    }

    int fidCount() {
        return fids.size();
    }

    void add(String path) {
        files.put(path, new File());
    }

    /** A file of which opening it tells this inode. */
    void add(String path, long inode) {
        add(path);
        files.get(path).inode = inode;
    }

    private void serve() {
        try {
            while (true) {
                int size = buffer(end.read(4)).getInt(0);
                ByteBuffer request = buffer(end.read(size - 4));
                int type = request.get();
                short tag = request.getShort();
                ByteBuffer body = ByteBuffer.allocate(600).order(ByteOrder.LITTLE_ENDIAN);
                int error = serve(type, request, body);
                if (error != 0) {
                    body.clear().putInt(error);
                }
                ByteBuffer reply = ByteBuffer.allocate(7 + body.position()).order(ByteOrder.LITTLE_ENDIAN);
                reply.putInt(reply.capacity()).put((byte) (error != 0 ? 7 : type + 1)).putShort(tag).put(body.flip());
                end.write(reply.array());
            }
        } catch (IOException e) {
            // The end of the test.
        }
    }

    private static ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String name(ByteBuffer message) {
        byte[] bytes = new byte[message.getShort()];
        message.get(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private int serve(int type, ByteBuffer request, ByteBuffer reply) {
        int fid = request.getInt();
        if (type != 104 && !fids.containsKey(fid)) {
            return EIO;
        }
        String path = fids.get(fid);
        switch (type) {
            case 104 -> {
                request.getInt();
                name(request);
                fids.put(fid, name(request));
                reply.put(new byte[13]);
            }
            case 110 -> {
                return walk(path, request, reply);
            }
            case 12 -> {
                if (!files.containsKey(path)) {
                    return ENOENT;
                }
                reply.put(new byte[5]).putLong(files.get(path).inode).put(new byte[4]);
            }
            case 14 -> {
                fids.put(fid, path + "/" + name(request));
                add(fids.get(fid));
                reply.put(new byte[17]);
            }
            case 20 -> {
                return rename(fid, path, fids.get(request.getInt()) + "/" + name(request));
            }
            case 24 -> {
                File file = files.get(path);
                if (file == null) {
                    return ENOENT;
                }
                reply.put(new byte[21]).putInt(System.identityHashCode(file)).put(new byte[8]).putLong(file.links).put(new byte[112]);
            }
            case 70 -> {
                File file = files.get(fids.get(request.getInt()));
                if (withoutLinks) {
                    return EIO;
                }
                if (file == null) {
                    return ENOENT;
                }
                if (files.putIfAbsent(path + "/" + name(request), file) != null) {
                    return EEXIST;
                }
                file.links++;
            }
            case 26 -> { }
            case 116 -> {
                accesses++;
                reply.putInt(0);
            }
            case 118 -> {
                accesses++;
                request.getLong();
                reply.putInt(request.getInt());
            }
            case 120 -> fids.remove(fid);
            case 122 -> {
                fids.remove(fid);
                return unlink(path) ? 0 : ENOENT;
            }
            default -> throw new AssertionError("type " + type);
        }
        return 0;
    }

    private int walk(String from, ByteBuffer request, ByteBuffer reply) {
        int target = request.getInt();
        int count = request.getShort();
        String path = from;
        for (int i = 0; i < count; i++) {
            path += "/" + name(request);
        }
        String end = path;
        if (count > 0 && files.keySet().stream().noneMatch(name -> name.equals(end) || name.startsWith(end + "/"))) {
            return ENOENT;
        }
        if (fids.putIfAbsent(target, path) != null) {
            return EEXIST;
        }
        reply.putShort((short) count).put(new byte[13 * count]);
        return 0;
    }

    private int rename(int fid, String from, String to) {
        if (files.containsKey(from)) {
            unlink(to);
            files.put(to, files.remove(from));
        } else if (files.keySet().stream().anyMatch(name -> name.startsWith(from + "/"))) {
            for (String name : files.keySet()) {
                if (name.startsWith(from + "/")) {
                    files.put(to + name.substring(from.length()), files.remove(name));
                }
            }
        } else {
            return ENOENT;
        }
        fids.put(fid, to);
        return 0;
    }

    private boolean unlink(String path) {
        File file = files.remove(path);
        if (file != null) {
            file.links--;
        }
        return file != null;
    }
}
