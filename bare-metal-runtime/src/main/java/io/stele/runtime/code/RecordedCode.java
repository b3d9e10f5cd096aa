package io.stele.runtime.code;

import io.stele.codegen.ClusterFacts;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.listing.ListedBlock;
import io.stele.codegen.listing.ListingRows;
import io.stele.codegen.listing.ListingWriter;
import io.stele.codegen.listing.PassListing;
import io.stele.guest.GuestIsa;
import io.stele.ir.IrBlock;
import io.stele.ir.PackedNumbers;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * All translations since the start, in order. The guest's code and the IR are gone later, so what makes up a block is copied when it is
 * translated, and compressed piece by piece on another thread; texts, which take much longer to make and are many times as large, are made
 * at the end.
 */
public final class RecordedCode {
    private static final int PIECE_BYTES = 1 << 20;
    /** How many pieces may wait for their compression. */
    private static final int MOST_WAITING = 8;

    private final ListingWriter writer;
    /** Null unless passes are listed, too. */
    private final PassListing passes;
    private final PackedNumbers packed = new PackedNumbers();
    private int packedBlocks;
    private final List<Piece> pieces = new ArrayList<>();
    private final ExecutorService compressor = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("listings").factory());

    /** Some blocks in a row. @param bytes of them together, before they were compressed */
    private record Piece(int blocks, int bytes, CompletableFuture<byte[]> compressed) {
    }

    /** @param passes for the operations before and after each pass in front of each block; null: without */
    RecordedCode(ListingWriter writer, PassListing passes) {
        this.writer = writer;
        this.passes = passes;
    }

    /**
     * Adds a block, whose description keeps no listing; parameters as of {@link ListingWriter#block}.
     *
     * @param physical guest physical address of the block's first instruction
     * @param contents host address of what its page has in it
     */
    synchronized void add(IrBlock ir, CompiledBlock block, ClusterFacts facts, byte[] code, long codeAddress, long pageAddress, long physical,
            int mode, long contents) {
        packed.put(physical);
        packed.put(mode);
        packed.put(GuestProfile.hash(contents));
        ListedBlock.pack(ir, block, facts, code, codeAddress, pageAddress, packed);
        block.dropListing();
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
    public synchronized void write(ListingRows out) throws IOException {
        if (write((address, page) -> true, out) == 0) {
            writer.head(out);
        }
    }

    /**
     * Writes some blocks, each as it was translated last, in the order of the list. Those that are not there are left out. Where several are
     * entries of one cluster, it stands at the place of the first.
     */
    public synchronized void write(List<WantedBlock> wanted, ListingRows out) throws IOException {
        endPiece();
        writer.head(out);
        Map<WantedBlock, Integer> places = new HashMap<>();
        for (WantedBlock block : wanted) {
            places.put(new WantedBlock(block.physical(), block.mode(), ""), places.size());
        }
        Found[] found = new Found[wanted.size()];
        each((block, physical, mode, page) -> {
            Found item = null;
            for (int n = 0; n < block.starts(); n++) {
                Integer place = block.isEntry(n) ? places.get(new WantedBlock(physical - block.start() + block.start(n), mode & GuestIsa.STATE_MODE, "")) : null;
                if (place != null) {
                    item = item == null ? new Found(block, physical, mode, new StringBuilder()) : item;
                    found[place] = item;
                }
            }
            return item != null;
        });
        for (int i = 0; i < found.length; i++) {
            if (found[i] != null) {
                StringBuilder notes = found[i].notes;
                notes.append(notes.isEmpty() ? "" : "; ").append(wanted.get(i).note());
            }
        }
        Set<Found> written = new HashSet<>();
        for (Found item : found) {
            if (item != null && written.add(item)) {
                write(item.block, item.physical, item.mode, ", " + item.notes, out);
            }
        }
    }

    /** A block that is wanted. @param notes for its head line; also tells it from others */
    private record Found(ListedBlock block, long physical, int mode, StringBuilder notes) {
    }

    private void write(ListedBlock block, long physical, int mode, String notes, ListingRows out) throws IOException {
        if (passes != null) {
            block.writePasses(passes, mode, out);
        }
        block.write(writer, "physical 0x" + Long.toHexString(physical) + ", mode 0x" + Integer.toHexString(mode) + notes, out);
    }

    /** Writes the blocks that are wanted, clusters if they have such a block, behind the head of the listing if there are any; returns how many. */
    public synchronized int write(BlockFilter wanted, ListingRows out) throws IOException {
        endPiece();
        int[] written = new int[1];
        each((block, physical, mode, page) -> {
            boolean writes = false;
            for (int n = 0; n < block.starts() && !writes; n++) {
                writes = wanted.wants(block.start(n), page);
            }
            if (writes) {
                if (written[0]++ == 0) {
                    writer.head(out);
                }
                write(block, physical, mode, "", out);
            }
            return false;
        });
        return written[0];
    }

    /** Takes the recorded blocks, one after the other. */
    @FunctionalInterface
    private interface Visitor {
        /** @return true to keep the block, which is used for the next one otherwise */
        boolean visit(ListedBlock block, long physical, int mode, long page) throws IOException;
    }

    private void each(Visitor visitor) throws IOException {
        ListedBlock block = new ListedBlock();
        PackedNumbers numbers = new PackedNumbers();
        for (Piece piece : pieces) {
            open(piece, numbers);
            for (int i = 0; i < piece.blocks; i++) {
                long physical = numbers.get();
                int mode = numbers.getInt();
                long page = numbers.get();
                block.read(numbers);
                if (visitor.visit(block, physical, mode, page)) {
                    block = new ListedBlock();
                }
            }
        }
    }

    private static void open(Piece piece, PackedNumbers numbers) throws IOException {
        numbers.fill(piece.bytes);
        try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(piece.compressed.join()))) {
            in.readNBytes(numbers.bytes(), 0, piece.bytes);
        }
    }
}
