package io.stele.tools.fuzz;

import io.stele.arm64.oracle.Pattern;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;

/** Chunks for garbage.S: words of every kind, on registers that point at RAM, devices, edges and nowhere. */
final class GarbageChunks {
    private static final int CHUNK_BYTES = 512;
    private static final int CODE_OFFSET = 272;
    private static final int REGISTERS = 29;
    /** Address of the chunks: RAM, text offset of the image, CHUNKS. */
    private static final long CHUNKS = 0x4009_0000L;
    private static final long SCRATCH = 0x4600_0000L;
    private static final long USER_ALIAS = 0x4000_0000L;
    private static final int BRK = 0xd420_0000;
    private static final int EL1H = 5;
    private static final int IRQ_MASKED = 1 << 7;
    private static final long[] PLACES = {
        SCRATCH, SCRATCH + 0xff8, SCRATCH + 0x1f_fff0L, 0x4fff_fff8L, 0x5000_0000L, CHUNKS, 0x4008_0000L,
        0x0800_0000L, 0x080a_0000L, 0x0900_0000L, 0x0901_0000L, 0x0a00_0000L, 0x0, 0xffff_ffff_ffffL, 0x1_0000_0000_0000L, -8, -4096,
        0xffff_0000_0000_0000L, 0xff_ffff_f000L, 0x7fff_ffff_fff8L, Long.MIN_VALUE, Long.MAX_VALUE,
    };
    private static final long[] PSCI = {0x8400_0000L, 0xc400_0001L, 0x8400_0002L, 0xc400_0003L, 0xc400_0004L, 0x8400_0009L, 0x8400_000aL};

    private final List<Pattern> rows;
    private final SplittableRandom random;
    private final boolean mmu;
    private boolean systemRows;

    GarbageChunks(List<Pattern> rows, long seed, boolean mmu) {
        this.rows = rows;
        random = new SplittableRandom(seed);
        this.mmu = mmu;
    }

    byte[] make(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(count * CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            // What writes system registers comes last: after it, little else runs.
            systemRows = i >= count / 4 * 3;
            chunk(bytes.position(i * CHUNK_BYTES), CHUNKS + (long) i * CHUNK_BYTES);
        }
        return bytes.array();
    }

    private void chunk(ByteBuffer out, long address) {
        boolean user = random.nextBoolean();
        long alias = user && mmu ? USER_ALIAS : 0;
        out.putLong((user ? 0 : EL1H | (random.nextInt(4) == 0 ? IRQ_MASKED : 0)) | (long) random.nextInt(16) << 28);
        out.putLong(address + CODE_OFFSET + alias);
        out.putLong(place(alias) & -16);
        out.putLong(place(0) & -16);
        for (int i = 0; i < REGISTERS; i++) {
            out.putLong(value(alias));
        }
        out.position(out.position() + CODE_OFFSET - 32 - REGISTERS * 8);
        int words = (CHUNK_BYTES - CODE_OFFSET) / 4;
        for (int i = 0; i < words - 1; i++) {
            out.putInt(word());
        }
        out.putInt(BRK);
    }

    private int word() {
        if (random.nextInt(20) == 0) {
            return random.nextInt();
        }
        Pattern row = rows.get(random.nextInt(rows.size()));
        while (row.file.startsWith("branch/") && !(row.file.endsWith("control.isa") ? systemRows : random.nextInt(8) == 0)) {
            row = rows.get(random.nextInt(rows.size()));
        }
        return row.sample(random);
    }

    private long place(long alias) {
        return SCRATCH + alias + random.nextInt(1 << 20);
    }

    private long value(long alias) {
        return switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> place(alias);
            case 4 -> place(alias) & -4096 | 0xff0 + random.nextInt(16);
            case 5 -> PLACES[random.nextInt(PLACES.length)] + random.nextInt(64) - 32;
            case 6 -> place(alias) | (long) random.nextInt(256) << 56;
            case 7 -> random.nextInt(256) - 128;
            case 8 -> PSCI[random.nextInt(PSCI.length)];
            default -> random.nextLong();
        };
    }
}
