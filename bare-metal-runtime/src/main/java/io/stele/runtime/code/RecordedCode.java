package io.stele.runtime.code;

import io.stele.codegen.CompiledBlock;
import io.stele.codegen.listing.ListedBlock;
import io.stele.codegen.listing.ListingRows;
import io.stele.codegen.listing.ListingWriter;
import io.stele.ir.IrBuilder;
import io.stele.ir.PackedNumbers;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongPredicate;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * All translations since the start, in order. The guest's code and the IR are gone later, so what makes up a block is copied when it is
 * translated, and compressed piece by piece on another thread; texts, which take much longer to make and are many times as large, are made
 * at the end.
 */
final class RecordedCode {
    private static final int PIECE_BYTES = 1 << 20;
    /** How many pieces may wait for their compression. */
    private static final int MOST_WAITING = 8;

    private final ListingWriter writer;
    private final PackedNumbers packed = new PackedNumbers();
    private int packedBlocks;
    private final List<Piece> pieces = new ArrayList<>();
    private final ExecutorService compressor = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("listings").factory());

    /** Some blocks in a row. @param bytes of them together, before they were compressed */
    private record Piece(int blocks, int bytes, CompletableFuture<byte[]> compressed) {
    }

    public RecordedCode(ListingWriter writer) {
        this.writer = writer;
    }

    /**
     * Adds a block; parameters as of {@link ListingWriter#block}.
     *
     * @param physical guest physical address of the block's first instruction
     */
    synchronized void add(IrBuilder ir, CompiledBlock block, byte[] code, long codeAddress, long pageAddress, long physical, int mode) {
        packed.put(physical);
        packed.put(mode);
        ListedBlock.pack(ir, block, code, codeAddress, pageAddress, packed);
        packedBlocks++;
        if (packed.length() >= PIECE_BYTES) {
            endPiece();
            if (pieces.size() >= MOST_WAITING) {
                pieces.get(pieces.size() - MOST_WAITING).compressed.join();
            }
        }
    }

    private void endPiece() {
        byte[] bytes = Arrays.copyOf(packed.bytes(), packed.length());
        pieces.add(new Piece(packedBlocks, bytes.length, CompletableFuture.supplyAsync(() -> compress(bytes), compressor)));
        packed.clear();
        packedBlocks = 0;
    }

    private static byte[] compress(byte[] bytes) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream(bytes.length / 2);
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        try (DeflaterOutputStream out = new DeflaterOutputStream(compressed, deflater)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new AssertionError("memory does not fail", e);
        } finally {
            deflater.end();
        }
        return compressed.toByteArray();
    }

    /** Writes all there is. */
    synchronized void write(ListingRows out) throws IOException {
        if (write(address -> true, out) == 0) {
            writer.head(out);
        }
    }

    /** Writes some blocks, each as it was translated last, in the order of the list. Those that are not there are left out. */
    synchronized void write(List<WantedBlock> wanted, ListingRows out) throws IOException {
        endPiece();
        writer.head(out);
        Map<WantedBlock, Integer> places = new HashMap<>();
        for (WantedBlock block : wanted) {
            places.put(new WantedBlock(block.physical(), block.mode(), ""), places.size());
        }
        ListedBlock[] found = new ListedBlock[wanted.size()];
        ListedBlock scratch = new ListedBlock();
        PackedNumbers numbers = new PackedNumbers();
        for (Piece piece : pieces) {
            open(piece, numbers);
            for (int i = 0; i < piece.blocks; i++) {
                Integer place = places.get(new WantedBlock(numbers.get(), numbers.getInt(), ""));
                ListedBlock block = place == null ? scratch : new ListedBlock();
                block.read(numbers);
                if (place != null) {
                    found[place] = block;
                }
            }
        }
        for (int i = 0; i < found.length; i++) {
            WantedBlock block = wanted.get(i);
            if (found[i] != null) {
                found[i].write(writer, origin(block.physical(), block.mode()) + ", " + block.note(), out);
            }
        }
    }

    /**
     * Writes the blocks that begin in a range of guest virtual addresses.
     *
     * @param to behind the last address, unsigned
     * @return how many
     */
    synchronized int write(long from, long to, ListingRows out) throws IOException {
        return write(address -> Long.compareUnsigned(address, from) >= 0 && Long.compareUnsigned(address, to) < 0, out);
    }

    /** Writes the blocks that begin at certain guest virtual addresses, behind the head of the listing if there are any; returns how many. */
    private int write(LongPredicate addresses, ListingRows out) throws IOException {
        endPiece();
        ListedBlock block = new ListedBlock();
        PackedNumbers numbers = new PackedNumbers();
        int written = 0;
        for (Piece piece : pieces) {
            open(piece, numbers);
            for (int i = 0; i < piece.blocks; i++) {
                String origin = origin(numbers.get(), numbers.getInt());
                block.read(numbers);
                if (addresses.test(block.address())) {
                    if (written++ == 0) {
                        writer.head(out);
                    }
                    block.write(writer, origin, out);
                }
            }
        }
        return written;
    }

    private static void open(Piece piece, PackedNumbers numbers) throws IOException {
        numbers.fill(piece.bytes);
        try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(piece.compressed.join()))) {
            in.readNBytes(numbers.bytes(), 0, piece.bytes);
        }
    }

    private static String origin(long physical, int mode) {
        return "physical 0x" + Long.toHexString(physical) + ", mode 0x" + Integer.toHexString(mode);
    }
}
