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

/** The user's folder of translations that earlier runs have made: one file for each kernel, of the kernels used last. */
final class TranslationFolder {
    private static final int KERNELS = 4;
    private static final String SUFFIX = ".code";

    private TranslationFolder() {
    }

    /**
     * Where the translations of the guest that boots a kernel on a CPU with these features are.
     *
     * @throws IOException if the kernel or this program cannot be looked at
     */
    static CodeStore store(Path folder, Path kernel, CpuFeatures features) throws IOException {
        String name = Integer.toHexString(kernel.toAbsolutePath().normalize().toString().hashCode());
        removeOld(folder);
        return new CodeStore(folder.resolve(name + SUFFIX), build() + "cpu " + features + "tier " + Tiers.chosen());
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

    private static void removeOld(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> stores = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            files.forEach(stores::add);
        }
        if (stores.size() > KERNELS) {
            stores.sort(Comparator.comparing(TranslationFolder::age));
            for (Path old : stores.subList(0, stores.size() - KERNELS)) {
                Files.deleteIfExists(old);
            }
        }
    }

    private static FileTime age(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }
}
