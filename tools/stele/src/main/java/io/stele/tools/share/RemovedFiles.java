package io.stele.tools.share;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The names, at the top of a shared folder, of files that the guest has removed and still has open. The device gives and removes them; what
 * is left when it ends, or was left by a program that has been killed, is removed here.
 */
final class RemovedFiles implements AutoCloseable {
    private static final String PREFIX = ".stele-removed-";
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Path folder;
    private final String prefix = PREFIX + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet() + "-";

    /** Removes what programs have left that are no more. */
    RemovedFiles(Path folder) {
        this.folder = folder;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*-*")) {
            for (Path file : files) {
                if (isLeft(file.getFileName().toString().substring(PREFIX.length()))) {
                    remove(file);
                }
            }
        } catch (IOException e) {
            // They stay.
        }
    }

    private static boolean isLeft(String rest) {
        String process = rest.substring(0, rest.indexOf('-'));
        return process.matches("\\d{1,9}") && ProcessHandle.of(Long.parseLong(process)).isEmpty();
    }

    /** How the names of this share begin. */
    String prefix() {
        return prefix;
    }

    @Override
    public void close() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, prefix + "*")) {
            for (Path file : files) {
                remove(file);
            }
        }
    }

    private static void remove(Path file) {
        try {
            if (!Files.isDirectory(file)) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // It stays.
        }
    }
}
