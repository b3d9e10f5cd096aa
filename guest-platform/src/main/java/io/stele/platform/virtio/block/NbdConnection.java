package io.stele.platform.virtio.block;

import io.stele.kvm.libc.Errno;
import io.stele.platform.virtio.Chain;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * One connection to an NBD server (the protocol document of NBD, fixed newstyle handshake, simple replies) over a unix socket. One request
 * at a time. Data go between the socket and the chain's buffers.
 */
final class NbdConnection implements AutoCloseable {
    static final int READ = 0;
    static final int WRITE = 1;
    static final int FLUSH = 3;
    static final int TRIM = 4;
    static final int WRITE_ZEROES = 6;
    /** Of {@link #WRITE_ZEROES}: the room is to be kept. */
    static final int FLAG_NO_HOLE = 2;

    private static final long MAGIC = 0x4e42444d41474943L;
    private static final long OPTION_MAGIC = 0x49484156454f5054L;
    private static final long OPTION_REPLY_MAGIC = 0x3e889045565a9L;
    private static final int CLIENT_FLAGS = 3;
    private static final int OPTION_GO = 7;
    private static final int REPLY_ACK = 1;
    private static final int REPLY_INFO = 3;
    private static final int INFO_EXPORT = 0;
    private static final int LONGEST_OPTION_REPLY = 1 << 16;
    private static final int REQUEST_MAGIC = 0x25609513;
    private static final int REPLY_MAGIC = 0x67446698;
    private static final int REQUEST_BYTES = 28;
    private static final int REPLY_BYTES = 16;

    private final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    private final ByteBuffer header = ByteBuffer.allocateDirect(64);
    private long bytes;
    private long cookie;

    /** Connects and asks for the default export. */
    NbdConnection(Path socket) throws IOException {
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            shakeHands();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Size of the export. */
    long bytes() {
        return bytes;
    }

    private void shakeHands() throws IOException {
        receive(18);
        if (header.getLong() != MAGIC || header.getLong() != OPTION_MAGIC) {
            throw new IOException("not an NBD server");
        }
        header.clear();
        header.putInt(CLIENT_FLAGS).putLong(OPTION_MAGIC).putInt(OPTION_GO).putInt(6).putInt(0).putShort((short) 0);
        send();
        while (true) {
            receive(20);
            long magic = header.getLong();
            int option = header.getInt();
            int type = header.getInt();
            int length = header.getInt();
            if (magic != OPTION_REPLY_MAGIC || option != OPTION_GO || length < 0 || length > LONGEST_OPTION_REPLY || type < 0) {
                throw new IOException("the NBD server refused the connection");
            }
            ByteBuffer data = ByteBuffer.allocate(length);
            fill(data);
            data.flip();
            if (type == REPLY_ACK) {
                return;
            }
            if (type == REPLY_INFO && length >= 10 && data.getShort() == INFO_EXPORT) {
                bytes = data.getLong();
            }
        }
    }

    private void receive(int length) throws IOException {
        header.clear().limit(length);
        fill(header);
        header.flip();
    }

    private void fill(ByteBuffer target) throws IOException {
        while (target.hasRemaining()) {
            if (channel.read(target) < 0) {
                throw new EOFException("the NBD server closed the connection");
            }
        }
    }

    private void send() throws IOException {
        header.flip();
        while (header.hasRemaining()) {
            channel.write(header);
        }
    }

    /**
     * Makes a request.
     *
     * @param chain of a READ its writable buffers are filled, of a WRITE its readable ones sent; else null
     * @return 0 or the error number that the server reports
     */
    int request(int type, int flags, long offset, long length, Chain chain) throws IOException {
        cookie++;
        header.clear();
        header.putInt(REQUEST_MAGIC).putShort((short) flags).putShort((short) type).putLong(cookie).putLong(offset).putInt((int) length);
        if (type == WRITE) {
            header.flip();
            ByteBuffer[] data = chain.readableBuffers();
            ByteBuffer[] all = new ByteBuffer[data.length + 1];
            all[0] = header;
            System.arraycopy(data, 0, all, 1, data.length);
            long left = REQUEST_BYTES + length;
            while (left > 0) {
                left -= channel.write(all);
            }
        } else {
            send();
        }
        receive(REPLY_BYTES);
        int magic = header.getInt();
        int error = header.getInt();
        if (magic != REPLY_MAGIC || header.getLong() != cookie) {
            throw new IOException("the NBD server's reply is damaged");
        }
        if (error == 0 && type == READ) {
            ByteBuffer[] data = chain.writableBuffers();
            long left = length;
            while (left > 0) {
                long got = channel.read(data);
                if (got < 0) {
                    throw new EOFException("the NBD server closed the connection");
                }
                left -= got;
            }
        }
        return error == 0 ? 0 : error == Errno.ENOSPC ? Errno.ENOSPC : Errno.EIO;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // There is nothing to be lost.
        }
    }
}
