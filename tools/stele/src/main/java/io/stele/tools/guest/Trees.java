package io.stele.tools.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Folders with all that is in them. */
public final class Trees {
    private static final int PART_BYTES = 8 << 20;

    private Trees() {
    }

    /** Removes a folder or file; nothing happens to what is not there. */
    public static void remove(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Names, sizes and times of all files, which tell whether a tree has changed. */
    public static String state(Path tree) throws IOException {
        StringBuilder text = new StringBuilder();
        try (Stream<Path> walk = Files.walk(tree)) {
            for (Path path : (Iterable<Path>) walk.sorted()::iterator) {
                if (Files.isRegularFile(path)) {
                    text.append(tree.relativize(path)).append(' ').append(Files.size(path)).append(' ').append(Files.getLastModifiedTime(path))
                        .append('\n');
                }
            }
        }
        return text.toString();
    }

    /**
     * Writes folders, files and symbolic links as an initramfs: several archives, one behind the other, so that little memory is needed.
     */
    public static void pack(Path tree, OutputStream out) throws IOException {
        try (Stream<Path> walk = Files.walk(tree)) {
            CpioWriter part = new CpioWriter(PART_BYTES);
            long bytes = 0;
            for (Path path : (Iterable<Path>) walk.sorted()::iterator) {
                String name = tree.relativize(path).toString();
                if (name.isEmpty()) {
                    continue;
                }
                if (Files.isSymbolicLink(path)) {
                    part.symlink(name, Files.readSymbolicLink(path).toString());
                } else if (Files.isDirectory(path)) {
                    part.directory(name, mode(path));
                } else if (Files.isRegularFile(path)) {
                    part.file(name, mode(path), Files.readAllBytes(path));
                    bytes += Files.size(path);
                }
                if (bytes > PART_BYTES) {
                    out.write(part.finish());
                    part = new CpioWriter(PART_BYTES);
                    bytes = 0;
                }
            }
            out.write(part.finish());
        }
    }

    private static int mode(Path path) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
        int mode = 0;
        for (PosixFilePermission permission : List.of(PosixFilePermission.values())) {
            mode = mode << 1 | (permissions.contains(permission) ? 1 : 0);
        }
        return mode;
    }
}
