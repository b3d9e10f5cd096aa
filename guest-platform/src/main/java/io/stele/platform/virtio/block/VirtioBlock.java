package io.stele.platform.virtio.block;

import io.stele.kvm.libc.Errno;
import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.DevicePort;
import io.stele.platform.virtio.QueueServer;
import io.stele.platform.virtio.QuickCalls;
import io.stele.platform.virtio.VirtQueue;
import io.stele.platform.virtio.VirtioDevice;
import io.stele.platform.virtio.VirtioException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Block device (virtio 1.2, section 5.2). Requests are executed on the device's own threads, several at a time, but for small ones and flushes
 * that come alone and, by those of late, need no waiting: the thread that notifies of them does it, as waking another one takes longer.
 *
 * <p>Durable is what was written before a flush that has succeeded. A driver that does not know the flush gets each write made durable.
 */
public final class VirtioBlock implements VirtioDevice {
    private static final int ID = 2;
    private static final int QUEUE_SIZE = 256;
    private static final int THREADS = 4;
    private static final int SECTOR_SHIFT = 9;
    private static final int SECTOR_BYTES = 1 << SECTOR_SHIFT;

    private static final long FEATURE_SEG_MAX = 1L << 2;
    private static final long FEATURE_READ_ONLY = 1L << 5;
    private static final long FEATURE_BLOCK_SIZE = 1L << 6;
    private static final long FEATURE_FLUSH = 1L << 9;
    private static final long FEATURE_DISCARD = 1L << 13;
    private static final long FEATURE_WRITE_ZEROES = 1L << 14;

    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH = 4;
    private static final int GET_ID = 8;
    private static final int DISCARD = 11;
    private static final int WRITE_ZEROES = 13;
    private static final int HEADER_BYTES = 16;
    private static final int ID_BYTES = 20;
    private static final int RANGE_BYTES = 16;
    private static final int MOST_RANGES = 16;
    private static final int UNMAP = 1;
    /** What is copied in less time than a thread is woken. */
    private static final int QUICK_BYTES = 1 << 20;

    private static final byte OK = 0;
    private static final byte IO_ERROR = 1;
    private static final byte UNSUPPORTED = 2;

    private static final int CONFIG_BYTES = 60;
    private static final int CONFIG_SEG_MAX = 12;
    private static final int CONFIG_BLOCK_SIZE = 20;
    private static final int CONFIG_MAX_DISCARD_SECTORS = 36;
    private static final int CONFIG_MAX_DISCARD_SEG = 40;
    private static final int CONFIG_DISCARD_ALIGNMENT = 44;
    private static final int CONFIG_MAX_ZEROES_SECTORS = 48;
    private static final int CONFIG_MAX_ZEROES_SEG = 52;
    private static final int CONFIG_ZEROES_MAY_UNMAP = 56;
    private static final int MOST_RANGE_SECTORS = 1 << 22;
    /** Of a host's page, so that the guest's file systems do not make requests of parts of one. */
    private static final int DISCARD_ALIGNMENT_SECTORS = 8;

    private final BlockBackend backend;
    private final byte[] serial;
    private final Consumer<String> log;
    private final String name;
    private final byte[] configuration = new byte[CONFIG_BYTES];
    private final QueueServer server;
    private volatile boolean writeThrough;
    private volatile boolean errorReported;
    /** Used by threads that notify, one at a time. */
    private final QuickCalls quickWrites = new QuickCalls();
    private final QuickCalls quickFlushes = new QuickCalls();

    /**
     * @param serial what the guest sees as the disk's serial number; its first 20 bytes count
     * @param log takes one line, at the first error of the host
     */
    public VirtioBlock(BlockBackend backend, String name, String serial, Consumer<String> log) {
        this.backend = backend;
        this.name = name;
        this.serial = serial.getBytes(StandardCharsets.US_ASCII);
        this.log = log;
        server = new QueueServer(name, THREADS, this::handle);
        put(0, 8, backend.bytes() >>> SECTOR_SHIFT);
        put(CONFIG_SEG_MAX, 4, QUEUE_SIZE - 2);
        put(CONFIG_BLOCK_SIZE, 4, SECTOR_BYTES);
        put(CONFIG_MAX_DISCARD_SECTORS, 4, MOST_RANGE_SECTORS);
        put(CONFIG_MAX_DISCARD_SEG, 4, MOST_RANGES);
        put(CONFIG_DISCARD_ALIGNMENT, 4, DISCARD_ALIGNMENT_SECTORS);
        put(CONFIG_MAX_ZEROES_SECTORS, 4, MOST_RANGE_SECTORS);
        put(CONFIG_MAX_ZEROES_SEG, 4, MOST_RANGES);
        put(CONFIG_ZEROES_MAY_UNMAP, 1, 1);
    }

    private void put(int at, int size, long value) {
        for (int i = 0; i < size; i++) {
            configuration[at + i] = (byte) (value >>> 8 * i);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int id() {
        return ID;
    }

    @Override
    public long features() {
        long common = FEATURE_SEG_MAX | FEATURE_BLOCK_SIZE | FEATURE_FLUSH;
        return common | (backend.readOnly() ? FEATURE_READ_ONLY : FEATURE_DISCARD | FEATURE_WRITE_ZEROES);
    }

    @Override
    public int[] queueSizes() {
        return new int[] {QUEUE_SIZE};
    }

    @Override
    public int configByte(int offset) {
        return offset < CONFIG_BYTES ? configuration[offset] & 0xff : 0;
    }

    @Override
    public void start(long accepted, VirtQueue[] queues, DevicePort port) {
        writeThrough = (accepted & FEATURE_FLUSH) == 0;
        server.start(queues[0], port);
    }

    @Override
    public void available(int queue) {
        server.availableHere(this::handleAtOnce);
    }

    @Override
    public void stop() {
        server.stop();
    }

    @Override
    public void close() {
        server.close();
        backend.close();
    }

    /** What may wait is left to a thread. */
    private long handleAtOnce(Chain chain) {
        long header = chain.scratch();
        if (chain.readableBytes() + chain.writableBytes() > HEADER_BYTES + QUICK_BYTES + 1 || !chain.peek(header, HEADER_BYTES)) {
            return QueueServer.LATER;
        }
        int type = RawMemory.getInt(header);
        if (type == IN) {
            return handle(chain, true);
        }
        QuickCalls calls = type == OUT ? quickWrites : type == FLUSH ? quickFlushes : null;
        long before = System.nanoTime();
        if (calls == null || writeThrough || !backend.writesAtOnce() || !calls.areExpected(before)) {
            return QueueServer.LATER;
        }
        long written = handle(chain, true);
        calls.took(before, System.nanoTime());
        return written;
    }

    private long handle(Chain chain) {
        return handle(chain, false);
    }

    private long handle(Chain chain, boolean atOnce) {
        long status = chain.takeLastByte();
        long header = chain.scratch();
        if (status == 0 || chain.read(header, HEADER_BYTES) != HEADER_BYTES) {
            throw new VirtioException("a block request without header or status");
        }
        int type = RawMemory.getInt(header);
        long sector = RawMemory.getLong(header + 8);
        long room = chain.writableBytes();
        int error = execute(type, sector, chain, atOnce);
        if (atOnce && error == Errno.EAGAIN) {
            return QueueServer.LATER;
        }
        RawMemory.putByte(status, result(error));
        return room + 1;
    }

    private int execute(int type, long sector, Chain chain, boolean atOnce) {
        return switch (type) {
            case IN -> read(sector, chain, atOnce);
            case OUT -> write(sector, chain);
            case FLUSH -> backend.flush();
            case GET_ID -> writeId(chain);
            case DISCARD, WRITE_ZEROES -> backend.readOnly() ? Errno.EOPNOTSUPP : ranges(type, chain);
            default -> Errno.EOPNOTSUPP;
        };
    }

    private int read(long sector, Chain chain, boolean atOnce) {
        if (!inside(sector, chain.writableBytes())) {
            return Errno.EINVAL;
        }
        return atOnce ? backend.readNow(chain, sector << SECTOR_SHIFT) : backend.read(chain, sector << SECTOR_SHIFT);
    }

    private byte result(int error) {
        if (error == 0) {
            return OK;
        }
        if (error == Errno.EOPNOTSUPP) {
            return UNSUPPORTED;
        }
        if (error != Errno.EINVAL && !errorReported) {
            errorReported = true;
            log.accept(name + ": " + Errno.text(error) + "; the guest sees an I/O error (further ones are not reported)");
        }
        return IO_ERROR;
    }

    private boolean inside(long sector, long length) {
        long sectors = backend.bytes() >>> SECTOR_SHIFT;
        return (length & SECTOR_BYTES - 1) == 0 && sector >= 0 && sector <= sectors && length >>> SECTOR_SHIFT <= sectors - sector;
    }

    private int write(long sector, Chain chain) {
        if (backend.readOnly() || !inside(sector, chain.readableBytes())) {
            return Errno.EINVAL;
        }
        int error = backend.write(chain, sector << SECTOR_SHIFT);
        return error == 0 && writeThrough ? backend.flush() : error;
    }

    private int writeId(Chain chain) {
        long id = chain.scratch();
        RawMemory.fill(id, ID_BYTES, (byte) 0);
        RawMemory.copy(serial, 0, id, Math.min(serial.length, ID_BYTES));
        chain.write(id, ID_BYTES);
        return 0;
    }

    private int ranges(int type, Chain chain) {
        long range = chain.scratch();
        for (int i = 0; i < MOST_RANGES; i++) {
            int got = chain.read(range, RANGE_BYTES);
            if (got == 0) {
                return writeThrough ? backend.flush() : 0;
            }
            long sector = RawMemory.getLong(range);
            long length = (RawMemory.getInt(range + 8) & 0xffff_ffffL) << SECTOR_SHIFT;
            int flags = RawMemory.getInt(range + 12);
            if (got != RANGE_BYTES || !inside(sector, length) || length >>> SECTOR_SHIFT > MOST_RANGE_SECTORS) {
                return Errno.EINVAL;
            }
            if ((flags & ~UNMAP) != 0 || type == DISCARD && flags != 0) {
                return Errno.EOPNOTSUPP;
            }
            int error = type == DISCARD ? backend.discard(sector << SECTOR_SHIFT, length)
                : backend.writeZeroes(sector << SECTOR_SHIFT, length, flags != 0);
            if (error != 0) {
                return error;
            }
        }
        return chain.readableBytes() == 0 ? writeThrough ? backend.flush() : 0 : Errno.EINVAL;
    }
}
