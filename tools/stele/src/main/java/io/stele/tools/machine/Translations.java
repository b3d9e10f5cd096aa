package io.stele.tools.machine;

import io.stele.arm64.system.CpuFeatures;
import io.stele.runtime.code.CodeStore;
import io.stele.runtime.common.Tiers;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a guest finds the translations that earlier runs have made: in the user's folder of them, which has a file for each kernel and medium,
 * those used last.
 *
 * @param medium what the guest's programs come from: a disk's image, an initial RAM disk, a folder; null if it is nothing in particular
 */
public record Translations(Path folder, Path medium) {
    /** Files that were used longer ago than so many bytes of others are removed. */
    private static final long MOST_BYTES = 2L << 30;
    private static final String SUFFIX = ".code";

    /**
     * The translations of the guest that boots a kernel on a CPU with these features.
     *
     * @throws IOException if the kernel or this program cannot be looked at
     */
    CodeStore store(Path kernel, CpuFeatures features) throws IOException {
        List<Path> files = removeOld();
        String prefix = name(kernel) + "-";
        Path own = folder.resolve(prefix + (medium == null ? "0" : name(medium)) + SUFFIX);
        Path other = files.stream().filter(file -> file.getFileName().toString().startsWith(prefix) && !file.equals(own)).findFirst().orElse(null);
        return new CodeStore(own, other, build() + "cpu " + features + "tier " + Tiers.chosen());
    }

    private static String name(Path path) {
        return Integer.toHexString(path.toAbsolutePath().normalize().toString().hashCode());
    }

    /** Changes with every build of the program. */
    private static String build() throws IOException {
        StringBuilder text = new StringBuilder();
        for (String element : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(element);
            text.append(path.getFileName()).append(' ').append(Files.isDirectory(path) ? newest(path) : state(path)).append('\n');
        }
        return text.toString();
    }

    private static String state(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) + "@" + Files.getLastModifiedTime(file).toMillis() : "-";
    }

    /** Classes of a build that was not packed. */
    private static String newest(Path classes) throws IOException {
        long time = 0;
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                time = Math.max(time, Files.getLastModifiedTime(file).toMillis());
            }
        }
        return Long.toString(time);
    }

    /** The files that are left, the youngest first. */
    private List<Path> removeOld() throws IOException {
        List<Path> files = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return files;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            all.forEach(files::add);
        }
        files.sort(Comparator.comparing(Translations::time).reversed());
        long bytes = 0;
        for (int i = 0; i < files.size(); i++) {
            bytes += size(files.get(i));
            if (bytes > MOST_BYTES) {
                for (Path old : files.subList(i, files.size())) {
                    Files.deleteIfExists(old);
                }
                return files.subList(0, i);
            }
        }
        return files;
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    private static FileTime time(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }
}
