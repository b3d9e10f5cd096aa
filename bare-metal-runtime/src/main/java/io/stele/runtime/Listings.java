package io.stele.runtime;

import io.stele.codegen.CompiledBlock;
import io.stele.codegen.ListingWriter;
import io.stele.ir.IrBuilder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * The text of all translations since the start, in order. It is made when a block is translated, because the guest's code and the IR are
 * gone later, and kept compressed: booting a system gives hundreds of megabytes.
 */
final class Listings {
    private static final int BUFFER = 1 << 16;

    private final ListingWriter writer;
    private final ByteArrayOutputStream compressed = new ByteArrayOutputStream(1 << 20);
    private final DeflaterOutputStream deflater =
        new DeflaterOutputStream(compressed, new Deflater(Deflater.BEST_SPEED), BUFFER, true);
    private final StringBuilder text = new StringBuilder(1 << 14);
    private long bytes;

    Listings(ListingWriter writer) {
        this.writer = writer;
        try {
            writer.head(text);
            store();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Adds a block; parameters as of {@link ListingWriter#block}.
     *
     * @param physical guest physical address of the block's first instruction
     */
    synchronized void add(IrBuilder ir, CompiledBlock block, byte[] code, long codeAddress, long pageAddress, long physical, int mode) {
        try {
            writer.block(ir, block, code, codeAddress, pageAddress,
                "physical 0x" + Long.toHexString(physical) + ", mode 0x" + Integer.toHexString(mode), text);
            store();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void store() throws IOException {
        byte[] chars = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        text.setLength(0);
        deflater.write(chars);
        bytes += chars.length;
    }

    /** Writes all there is. */
    synchronized void write(Appendable out) throws IOException {
        deflater.flush();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(compressed.toByteArray()))) {
            for (long rest = bytes; rest > 0; ) {
                int n = in.readNBytes(buffer, 0, (int) Math.min(BUFFER, rest));
                out.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                rest -= n;
            }
        }
    }
}
