package io.stele.tools.console;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** The keys of a terminal in raw mode but for those that are for Stele. Closing it closes nothing. */
public final class KeyChannel implements ReadableByteChannel {
    private static final int PIECE = 4096;

    private final InputStream keys;
    private final EscapeFilter escapes;
    private final byte[] piece = new byte[PIECE];

    /** @param keys without buffering */
    public KeyChannel(InputStream keys, EscapeFilter escapes) {
        this.keys = keys;
        this.escapes = escapes;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        while (true) {
            int length = keys.read(piece, 0, Math.min(piece.length, target.remaining()));
            if (length < 0) {
                return -1;
            }
            int kept = escapes.filter(piece, length);
            if (kept > 0) {
                target.put(piece, 0, kept);
                return kept;
            }
        }
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
    }
}
