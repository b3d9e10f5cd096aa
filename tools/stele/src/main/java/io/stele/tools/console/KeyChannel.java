package io.stele.tools.console;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** The keys of a terminal in raw mode but for those that are for Stele. */
public final class KeyChannel implements ReadableByteChannel {
    private static final int PIECE = 4096;

    private final ReadableByteChannel keys;
    private final EscapeFilter escapes;
    private final ByteBuffer piece = ByteBuffer.allocate(PIECE);

    /** @param keys closed with this */
    public KeyChannel(ReadableByteChannel keys, EscapeFilter escapes) {
        this.keys = keys;
        this.escapes = escapes;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        while (true) {
            int length = keys.read(piece.clear().limit(Math.min(PIECE, target.remaining())));
            if (length < 0) {
                return -1;
            }
            int kept = escapes.filter(piece.array(), length);
            if (kept > 0) {
                target.put(piece.array(), 0, kept);
                return kept;
            }
        }
    }

    @Override
    public boolean isOpen() {
        return keys.isOpen();
    }

    @Override
    public void close() throws IOException {
        keys.close();
    }
}
