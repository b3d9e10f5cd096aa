package io.stele.tools.bench;

import io.stele.tools.guest.Trees;
import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import io.stele.tools.guest.Commands;
import io.stele.tools.guest.DebianArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Folders with unpacked Debian packages and all that they depend on, a merged /usr, nothing configured. Fetched once and kept. With the
 * lock of {@link ImageCache} held.
 */
final class Roots implements AutoCloseable {
    private static final String REMEDY = "there is nothing to measure with";
    private static final List<String> NOT_NEEDED = List.of("./usr/share/doc", "./usr/share/man", "./usr/share/info", "./usr/share/locale",
        "./usr/share/lintian", "./usr/share/bug", "./usr/include", "./usr/lib/*/gconv", "./usr/share/icons");
    private static final List<String> MERGED = List.of("bin", "sbin", "lib", "lib64");

    private final Path folder;
    private final Path work;
    private final Progress progress;
    private final Map<String, DebianArchive> archives = new LinkedHashMap<>();

    /** @param folder where they are kept; @param work for what is needed meanwhile; removed with its contents by {@link #close} */
    Roots(Path folder, Path work, Progress progress) {
        this.folder = folder;
        this.work = work;
        this.progress = progress;
    }

    /** The root with these packages. @throws UserException if they cannot be had */
    Path root(String architecture, List<String> packages) throws IOException {
        List<String> names = List.copyOf(new TreeSet<>(packages));
        Path root = folder.resolve(architecture + "-" + Hash.of(String.join(" ", names)));
        if (Files.isDirectory(root)) {
            return root;
        }
        DebianArchive archive = archives.get(architecture);
        if (archive == null) {
            archive = new DebianArchive(Files.createDirectories(work.resolve(architecture)), architecture, progress, REMEDY);
            archive.update(List.of("libc6"));
            archives.put(architecture, archive);
        }
        progress.step("fetching " + String.join(" ", names) + " for " + architecture);
        List<Path> files = archive.downloadAll(names);
        Path fresh = Files.createDirectories(work.resolve("root-" + root.getFileName()));
        for (String link : MERGED) {
            Files.createDirectories(fresh.resolve("usr").resolve(link));
            Files.createSymbolicLink(fresh.resolve(link), Path.of("usr", link));
        }
        for (Path file : files) {
            unpack(file, fresh);
        }
        Files.createDirectories(folder);
        Files.move(fresh, root, StandardCopyOption.ATOMIC_MOVE);
        return root;
    }

    private static void unpack(Path file, Path root) throws IOException {
        List<String> tar = new ArrayList<>(List.of("tar", "-x", "-C", root.toString(), "--keep-directory-symlink", "--no-same-owner"));
        for (String path : NOT_NEEDED) {
            tar.add("--exclude=" + path);
        }
        if (!Commands.pipe(List.of("dpkg-deb", "--fsys-tarfile", file.toString()), tar)) {
            throw new UserException("cannot unpack " + file.getFileName() + " into " + root);
        }
    }

    @Override
    public void close() throws IOException {
        Trees.remove(work);
    }
}
