package io.stele.tools.profile;

import io.stele.runtime.code.BlockFilter;
import io.stele.runtime.code.GuestProfile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Programs and libraries (ELF, arm64), found by what is in their pages of code: which file a page of guest memory comes from is seen without
 * knowing anything of the guest's operating system.
 */
final class ElfPages {
    private static final int PAGE_BYTES = 4096;
    private static final int ELF_MAGIC = 0x464c_457f;
    private static final int CLASS_64 = 2;
    private static final int MACHINE_AARCH64 = 183;
    private static final int LOAD = 1;
    private static final int EXECUTABLE = 1;
    private static final int SYMBOLS = 2;
    private static final int DYNAMIC_SYMBOLS = 11;
    private static final int FUNCTION = 2;
    private static final int INDIRECT_FUNCTION = 10;
    private static final int MOST_BYTES = 1 << 30;

    private final Map<Long, Page> pages = new HashMap<>();

    /** A page of a program. @param address virtual address of the page in the file */
    private record Page(Program program, long address) {
    }

    private record Program(String name, TreeMap<Long, String> functions) {
    }

    /** A function of a program. @param function null if the program does not tell */
    record Place(String program, String function) {
    }

    /** Takes a program, or all programs in a folder. What is no program of the guest is passed over. */
    private void add(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            Files.walkFileTree(path, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    if (attributes.isRegularFile()) {
                        file(file);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException failure) {
                    return FileVisitResult.CONTINUE;
                }
            });
        } else {
            file(path);
        }
    }

    private void file(Path path) throws IOException {
        if (!Files.isReadable(path)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(path)) {
            if (channel.size() < 64 || channel.size() > MOST_BYTES) {
                return;
            }
            ByteBuffer elf = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()).order(ByteOrder.LITTLE_ENDIAN);
            if (elf.getInt(0) == ELF_MAGIC && elf.get(4) == CLASS_64 && elf.getShort(18) == MACHINE_AARCH64) {
                read(path, elf);
            }
        } catch (IndexOutOfBoundsException e) {
            // A damaged file tells nothing.
        }
    }

    private void read(Path path, ByteBuffer elf) {
        Program program = new Program(path.getFileName().toString(), functions(elf));
        int headers = (int) elf.getLong(32);
        int size = elf.getShort(54);
        for (int i = 0; i < elf.getShort(56); i++) {
            int at = headers + i * size;
            if (elf.getInt(at) != LOAD || (elf.getInt(at + 4) & EXECUTABLE) == 0) {
                continue;
            }
            long offset = elf.getLong(at + 8);
            long address = elf.getLong(at + 16);
            long end = offset + elf.getLong(at + 32);
            for (long page = offset & -PAGE_BYTES; page < end; page += PAGE_BYTES) {
                pages.put(hash(elf, (int) page), new Page(program, address + page - offset));
            }
        }
    }

    private static TreeMap<Long, String> functions(ByteBuffer elf) {
        TreeMap<Long, String> functions = new TreeMap<>();
        int sections = (int) elf.getLong(40);
        int size = elf.getShort(58);
        for (int i = 0; i < elf.getShort(60); i++) {
            int at = sections + i * size;
            int type = elf.getInt(at + 4);
            if (type == SYMBOLS || type == DYNAMIC_SYMBOLS) {
                int names = sections + elf.getInt(at + 40) * size;
                symbols(elf, (int) elf.getLong(at + 24), (int) elf.getLong(at + 32), (int) elf.getLong(names + 24), functions);
            }
        }
        return functions;
    }

    private static void symbols(ByteBuffer elf, int from, int bytes, int names, TreeMap<Long, String> functions) {
        for (int at = from; at < from + bytes; at += 24) {
            int type = elf.get(at + 4) & 15;
            if ((type == FUNCTION || type == INDIRECT_FUNCTION) && elf.getShort(at + 6) != 0) {
                int start = names + elf.getInt(at);
                int end = start;
                while (elf.get(end) != 0) {
                    end++;
                }
                byte[] name = new byte[end - start];
                elf.get(start, name);
                functions.putIfAbsent(elf.getLong(at + 8), new String(name, StandardCharsets.UTF_8));
            }
        }
    }

    /** What the page is in memory: behind the file's end it has zeroes. */
    private static long hash(ByteBuffer file, int page) {
        long hash = 0;
        for (int at = page; at < page + PAGE_BYTES; at += Long.BYTES) {
            long value = 0;
            if (at + Long.BYTES <= file.capacity()) {
                value = file.getLong(at);
            } else {
                for (int i = 0; at + i < file.capacity(); i++) {
                    value |= (file.get(at + i) & 0xffL) << 8 * i;
                }
            }
            hash = GuestProfile.hash(hash, value);
        }
        return hash;
    }

    /** @param page hash of a page; @param offset in it; null if the page belongs to none of the programs */
    Place find(long page, int offset) {
        Page found = pages.get(page);
        if (found == null) {
            return null;
        }
        Map.Entry<Long, String> function = found.program.functions.floorEntry(found.address + offset);
        return new Place(found.program.name, function == null ? null : function.getValue());
    }

    /**
     * The blocks of a function.
     *
     * @param name FUNCTION, or PROGRAM:FUNCTION
     * @return null if no program has it
     */
    BlockFilter function(String name) {
        int colon = name.indexOf(':');
        String program = colon < 0 ? null : name.substring(0, colon);
        String function = name.substring(colon + 1);
        boolean known = pages.values().stream().map(Page::program).distinct()
            .anyMatch(p -> p.functions.containsValue(function) && (program == null || program.equals(p.name)));
        return !known ? null : (address, page) -> {
            Place place = find(page, (int) address & PAGE_BYTES - 1);
            return place != null && function.equals(place.function) && (program == null || program.equals(place.program));
        };
    }

    /** The programs of some files and folders. */
    static ElfPages of(Iterable<Path> paths) throws IOException {
        ElfPages pages = new ElfPages();
        for (Path path : paths) {
            pages.add(path);
        }
        return pages;
    }
}
