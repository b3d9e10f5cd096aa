package io.stele.tools.guest;

import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.BooleanSupplier;

/** The user's copy of the default guest: fetched once, complete or not there at all, used without a network afterwards. */
public final class GuestCache {
    private static final String GUEST = "debian-arm64";
    private static final String FIRMWARE = "firmware-arm64";
    private static final String FETCHING = "fetching-";

    private final Path folder;

    /** @param folder Stele's cache folder; made when needed */
    public GuestCache(Path folder) {
        this.folder = folder;
    }

    /** The cache of this user: {@code $XDG_CACHE_HOME/stele}, else {@code ~/.cache/stele}. */
    public static GuestCache ofUser() {
        String cacheHome = System.getenv("XDG_CACHE_HOME");
        if (cacheHome != null && cacheHome.startsWith("/")) {
            return new GuestCache(Path.of(cacheHome, "stele"));
        }
        String home = System.getenv("HOME");
        return new GuestCache(Path.of(home != null && home.startsWith("/") ? home : System.getProperty("user.home"), ".cache", "stele"));
    }

    /** Stele's cache folder. */
    public Path folder() {
        return folder;
    }

    /** Where the guest is, or will be. */
    public Path guestFolder() {
        return folder.resolve(GUEST);
    }

    /** Where copies of the kernels and initramfs files of disk images are kept. */
    public Path imageFolder() {
        return folder.resolve("images");
    }

    /** Packages of a release of Debian that disk images were made of; the folder is made if it is not there. */
    public PackageCache packages(String suite) throws IOException {
        return new PackageCache(Files.createDirectories(folder.resolve("packages").resolve(suite)));
    }

    /** Where translations are kept. */
    public Path translationFolder() {
        return folder.resolve("translations");
    }

    /** Whether the guest is there. */
    public boolean isFilled() {
        return Files.isRegularFile(guestFolder().resolve("kernel")) && Files.isRegularFile(guestFolder().resolve("busybox"));
    }

    /** The default guest, fetched first if it is not there. @throws UserException if that cannot be done */
    public GuestImage guest(Progress progress) {
        return guest(progress, false);
    }

    /** The default guest with the modules of its kernel, which caches of earlier versions do not have. */
    public GuestImage guestWithModules(Progress progress) {
        return guest(progress, true);
    }

    private boolean isFilled(boolean withModules) {
        return isFilled() && (!withModules || Files.isDirectory(guestFolder().resolve(GuestImage.MODULES)));
    }

    private GuestImage guest(Progress progress, boolean withModules) {
        try {
            if (!isFilled(withModules)) {
                fill(GUEST, progress, () -> isFilled(withModules), (work, target) -> new GuestFetcher(work, progress).fetchInto(target));
            }
            return new GuestImage(guestFolder().resolve("kernel"), Files.readAllBytes(guestFolder().resolve("busybox")),
                guestFolder().resolve(GuestImage.MODULES));
        } catch (IOException e) {
            throw new UserException("cannot use the cache " + folder + ": " + describe(e) + ". XDG_CACHE_HOME can name another folder");
        }
    }

    /** The code of Debian's UEFI firmware, fetched first if it is not there. @throws UserException if that cannot be done */
    public Path firmware(Progress progress) {
        Path code = folder.resolve(FIRMWARE).resolve(FirmwareFetcher.CODE);
        try {
            if (!Files.isRegularFile(code)) {
                fill(FIRMWARE, progress, () -> Files.isRegularFile(code), (work, target) -> new FirmwareFetcher(work, progress).fetchInto(target));
            }
            return code;
        } catch (IOException e) {
            throw new UserException("cannot use the cache " + folder + ": " + describe(e) + ". XDG_CACHE_HOME can name another folder");
        }
    }

    /** Fills a folder. */
    @FunctionalInterface
    private interface Fetcher {
        /** @param work for everything else */
        void fetch(Path work, Path target) throws IOException;
    }

    private void fill(String name, Progress progress, BooleanSupplier isFilled, Fetcher fetcher) throws IOException {
        Files.createDirectories(folder);
        Path place = folder.resolve(name);
        try (FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = lock(channel, progress)) {
            if (lock.isValid() && !isFilled.getAsBoolean()) {
                removeLeftovers();
                Path work = Files.createTempDirectory(folder, FETCHING);
                Thread removal = new Thread(() -> abandon(work));
                Runtime.getRuntime().addShutdownHook(removal);
                try {
                    Path complete = Files.createDirectory(work.resolve(name));
                    fetcher.fetch(work, complete);
                    if (Files.isDirectory(place)) {
                        Trees.remove(place);
                    }
                    Files.move(complete, place, StandardCopyOption.ATOMIC_MOVE);
                } finally {
                    removeQuietly(work);
                    removeHook(removal);
                }
            }
        }
    }

    /** When a signal ends the fetch: its programs must not go on writing. */
    private static void abandon(Path work) {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        removeQuietly(work);
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The program is ending already, and the hook does its work.
        }
    }

    private static FileLock lock(FileChannel channel, Progress progress) throws IOException {
        FileLock lock = channel.tryLock();
        if (lock == null) {
            progress.step("waiting for another stele that fetches from Debian");
            lock = channel.lock();
        }
        return lock;
    }

    /** What a killed fetch left behind. To be called with the lock held. */
    private void removeLeftovers() throws IOException {
        try (DirectoryStream<Path> old = Files.newDirectoryStream(folder, FETCHING + "*")) {
            for (Path path : old) {
                removeQuietly(path);
            }
        }
    }

    private static void removeQuietly(Path tree) {
        try {
            Trees.remove(tree);
        } catch (IOException e) {
            // The next fetch tries again.
        }
    }

    /** An exception of the file system in words: most of them have a path as message and say the rest by their class. */
    private static String describe(IOException e) {
        String name = e.getClass().getSimpleName();
        String kind = switch (name) {
            case "AccessDeniedException" -> "permission denied: ";
            case "NoSuchFileException" -> "no such file: ";
            case "FileAlreadyExistsException" -> "is in the way: ";
            default -> "";
        };
        return kind + e.getMessage();
    }
}
