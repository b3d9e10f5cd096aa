package io.stele.tools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images of a small archive of the test's own, made by the real mmdebstrap. */
@Timeout(120)
class PackageCacheTest {
    @TempDir
    Path folder;

    private Path archive;
    private Path cacheFolder;
    private PackageCache cache;

    @BeforeEach
    void begin() throws IOException {
        archive = Files.createDirectory(folder.resolve("archive"));
        cacheFolder = Files.createDirectory(folder.resolve("it's the cache"));
        cache = new PackageCache(cacheFolder);
    }

    private static String run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> command + ": " + output);
        return output;
    }

    private static boolean isThere(String program) {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, program)));
    }

    /** Puts a package into the archive. */
    private void offer(String name, String version, String content) throws Exception {
        Path tree = folder.resolve("tree-" + name + version);
        Files.createDirectories(tree.resolve("DEBIAN"));
        Files.createDirectories(tree.resolve("usr/share"));
        Files.writeString(tree.resolve("usr/share/" + name), content);
        Files.writeString(tree.resolve("DEBIAN/control"), control(name, version));
        run(List.of("dpkg-deb", "--root-owner-group", "--build", tree.toString(), file(name, version).toString()));
    }

    private static String control(String name, String version) {
        return "Package: " + name + "\nVersion: " + version + "\nArchitecture: arm64\nMaintainer: nobody\nDescription: a test\n";
    }

    private Path file(String name, String version) {
        return archive.resolve(name + "_" + version + "_arm64.deb");
    }

    private void list(String... namesAndVersions) throws Exception {
        StringBuilder packages = new StringBuilder();
        for (String entry : namesAndVersions) {
            String[] parts = entry.split(" ");
            byte[] bytes = Files.readAllBytes(file(parts[0], parts[1]));
            packages.append(control(parts[0], parts[1])).append("Filename: ./").append(file(parts[0], parts[1]).getFileName()).append("\nSize: ")
                .append(bytes.length).append("\nSHA256: ").append(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)))
                .append("\n\n");
        }
        Files.writeString(archive.resolve("Packages"), packages);
    }

    /** @return the packages that the second stage would install: those in apt's folder; and what mmdebstrap has said */
    private Image make(String... packages) throws Exception {
        Path result = Files.createTempFile(folder, "image", ".tar");
        List<String> command = new ArrayList<>(List.of("mmdebstrap", "--mode=auto", "--architectures=arm64", "--variant=extract",
            "--skip=cleanup/apt,chroot/mount"));
        command.addAll(cache.options(List.of(packages)));
        command.addAll(List.of("", result.toString(), "deb [trusted=yes] copy://" + archive + " ./"));
        String output = run(command);
        Set<String> found = new TreeSet<>();
        Set<String> shared = new TreeSet<>();
        for (String line : run(List.of("tar", "tf", result.toString())).split("\n")) {
            if (line.matches("\\./var/cache/apt/archives/.*[.]deb")) {
                found.add(Path.of(line).getFileName().toString());
            } else if (line.matches("\\./usr/share/.+")) {
                shared.add(Path.of(line).getFileName().toString());
            }
        }
        return new Image(found, shared, output);
    }

    private record Image(Set<String> packages, Set<String> files, String output) {
    }

    private Set<String> cached() throws IOException {
        try (Stream<Path> files = Files.list(cacheFolder)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".deb")).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void packagesAreTakenFromTheCacheAndOnlyThoseThatAreAskedForAreInstalled() throws Exception {
        Assumptions.assumeTrue(isThere("mmdebstrap") && isThere("dpkg-deb"), "needs mmdebstrap");
        offer("one", "1", "first");
        offer("two", "1", "second");
        offer("three", "1", "third");
        list("one 1", "two 1", "three 1");
        Image both = make("?exact-name(one)", "two");
        assertEquals(Set.of("one_1_arm64.deb", "two_1_arm64.deb"), both.packages);
        assertEquals(Set.of("one_1_arm64.deb", "two_1_arm64.deb"), cached());

        // The archive itself has lost one; damage of the other one shows that it is not believed.
        Files.delete(file("one", "1"));
        byte[] bytes = Files.readAllBytes(cacheFolder.resolve("two_1_arm64.deb"));
        bytes[bytes.length - 1] ^= 1;
        Files.write(cacheFolder.resolve("two_1_arm64.deb"), bytes);
        Image other = make("one", "three");
        assertEquals(Set.of("one_1_arm64.deb", "three_1_arm64.deb"), other.packages);
        assertEquals(Set.of("one", "three"), other.files);
        assertTrue(other.output.contains("I: of 2 packages, 1 are in the cache"), other.output);
        Image mended = make("two", "three");
        assertEquals(Set.of("two_1_arm64.deb", "three_1_arm64.deb"), mended.packages);
        assertTrue(mended.output.contains("I: of 2 packages, 1 are in the cache"), mended.output);
        assertEquals(-1, Files.mismatch(file("two", "1"), cacheFolder.resolve("two_1_arm64.deb")));
    }

    @Test
    void ofAPackageTheNewestVersionIsKept() throws Exception {
        String[] names = {"lib_2%3a1.0-1_arm64.deb", "lib_2%3a0.9-1_arm64.deb", "lib_2%3a1.1-1_arm64.deb", "lib-dev_1.0-1_arm64.deb", "lib_1_all.deb"};
        long[] days = {2, 1, 3, 1, 1};
        for (int i = 0; i < names.length; i++) {
            Files.setLastModifiedTime(Files.createFile(cacheFolder.resolve(names[i])), FileTime.fromMillis(days[i] * 86_400_000));
        }
        cache.removeOldVersions();
        assertEquals(Set.of("lib_2%3a1.1-1_arm64.deb", "lib-dev_1.0-1_arm64.deb", "lib_1_all.deb"), cached());
    }
}
