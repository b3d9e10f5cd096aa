package io.stele.tools.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Where the file systems of a raw disk are: GPT (UEFI 2.10, section 5.3), MBR, or the whole disk. */
final class PartitionTable {
    private static final int SECTOR = 512;
    private static final int MBR_ENTRIES = 446;
    private static final int MBR_SIGNATURE = 0xaa55;
    private static final long GPT_SIGNATURE = 0x5452415020494645L;
    private static final int MOST_ENTRIES = 128;
    private static final int EXT_MAGIC_AT = 1080;
    private static final int EXT_MAGIC = 0xef53;

    private PartitionTable() {
    }

    /** A file system. @param number of the partition, from 1; 0: the whole disk; @param offset in bytes */
    record Place(int number, long offset) {
    }

    /** The places that hold an ext2, ext3 or ext4 file system. */
    static List<Place> extFileSystems(Path file) throws IOException {
        List<Place> found = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (isExt(channel, 0)) {
                found.add(new Place(0, 0));
                return found;
            }
            ByteBuffer gpt = read(channel, SECTOR, SECTOR);
            if (gpt.limit() == SECTOR && gpt.getLong(0) == GPT_SIGNATURE) {
                readGpt(channel, gpt, found);
            } else {
                readMbr(channel, found);
            }
        }
        return found;
    }

    private static void readGpt(FileChannel channel, ByteBuffer gpt, List<Place> found) throws IOException {
        long table = gpt.getLong(72);
        int count = Math.min(gpt.getInt(80), MOST_ENTRIES);
        int size = gpt.getInt(84);
        for (int i = 0; i < count && size >= 128 && size <= SECTOR; i++) {
            ByteBuffer entry = read(channel, table * SECTOR + (long) i * size, size);
            if (entry.limit() == size && (entry.getLong(0) | entry.getLong(8)) != 0) {
                add(channel, i + 1, entry.getLong(32), found);
            }
        }
    }

    private static void readMbr(FileChannel channel, List<Place> found) throws IOException {
        ByteBuffer mbr = read(channel, 0, SECTOR);
        if (mbr.limit() != SECTOR || (mbr.getShort(510) & 0xffff) != MBR_SIGNATURE) {
            return;
        }
        for (int i = 0; i < 4; i++) {
            long start = mbr.getInt(MBR_ENTRIES + 16 * i + 8) & 0xffff_ffffL;
            if (start != 0) {
                add(channel, i + 1, start, found);
            }
        }
    }

    private static void add(FileChannel channel, int number, long sector, List<Place> found) throws IOException {
        if (sector > 0 && sector < channel.size() / SECTOR && isExt(channel, sector * SECTOR)) {
            found.add(new Place(number, sector * SECTOR));
        }
    }

    private static boolean isExt(FileChannel channel, long offset) throws IOException {
        ByteBuffer magic = read(channel, offset + EXT_MAGIC_AT, 2);
        return magic.limit() == 2 && (magic.getShort(0) & 0xffff) == EXT_MAGIC;
    }

    private static ByteBuffer read(FileChannel channel, long offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        if (offset >= 0) {
            while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) > 0) {
                // Until it is full or the file ends.
            }
        }
        return buffer.flip();
    }
}
