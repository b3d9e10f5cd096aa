package io.stele.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launcher of the checkout, with stand-ins for the build and for the JVM. */
final class LauncherTest {
    private static final Path LAUNCHER = Path.of("../../stele");
    private static final long PATIENCE_SECONDS = 20;

    @TempDir
    Path temporary;
    private Path root;

    @BeforeEach
    void makeCheckout() throws IOException {
        root = Files.createDirectories(temporary.resolve("a folder with 'quotes' and blanks"));
        Files.copy(LAUNCHER, root.resolve("stele"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String folder : List.of("dev", "module/src/main", "tools/stele/src/main", "tools/stele/target")) {
            Files.createDirectories(root.resolve(folder));
        }
        for (String pom : List.of("pom.xml", "module/pom.xml", "tools/stele/pom.xml")) {
            Files.createFile(root.resolve(pom));
        }
    }

    private void script(String name, String text) throws IOException {
        Path file = Files.writeString(root.resolve(name), "#!/bin/sh\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A build that makes a JVM which shows its arguments. */
    private void buildsEcho() throws IOException {
        script("java", "echo \"$*\"\n");
        script("dev/build", """
            echo building >&2
            here=$(dirname "$0")/..
            { echo 'java=$here/java'; echo 'class_path=jars'; echo 'jvm_options=-option'; } >"$here/tools/stele/target/start"
            """);
    }

    private record Ended(int status, String output, String errors) {
    }

    private Process start(Path launcher, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).directory(temporary.toFile()).redirectOutput(temporary.resolve("out").toFile())
            .redirectError(temporary.resolve("err").toFile()).start();
    }

    private Ended end(Process process) throws IOException, InterruptedException {
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "the launcher hangs");
        return new Ended(process.exitValue(), text("out"), text("err"));
    }

    private String text(String name) throws IOException {
        return Files.readString(temporary.resolve(name), StandardCharsets.UTF_8);
    }

    @Test
    void buildsWhenSomethingIsOutOfDateOnly() throws IOException, InterruptedException {
        buildsEcho();
        Ended first = end(start(root.resolve("stele"), "--version"));
        assertEquals("building\n", first.errors());
        assertTrue(first.output().endsWith(" -cp jars io.stele.tools.Main --version\n"), first.output());
        assertEquals("", end(start(root.resolve("stele"), "--version")).errors());
    }

    @Test
    void worksThroughASymbolicLinkFromAnotherFolder() throws IOException, InterruptedException {
        buildsEcho();
        Path link = Files.createSymbolicLink(temporary.resolve("link"), root.resolve("stele"));
        Ended ended = end(start(link, "dump", "--code", "91000421 f9400020"));
        assertEquals(0, ended.status());
        assertTrue(ended.output().endsWith(" io.stele.tools.Main dump --code 91000421 f9400020\n"), ended.output());
    }

    @ParameterizedTest
    @CsvSource({"boot, 1", "run, 125"})
    void aFailedBuildHasTheStatusOfTheCommandsFailures(String command, int status) throws IOException, InterruptedException {
        script("dev/build", "echo 'stele: no JDK' >&2\nexit 1\n");
        Ended ended = end(start(root.resolve("stele"), command, "--", "true"));
        assertEquals(status, ended.status());
        assertEquals("stele: no JDK\n", ended.errors());
    }

    @ParameterizedTest
    @CsvSource({"HUP, 129", "TERM, 143"})
    void aSignalEndsTheBuildWithAllItsProcesses(String signal, int status) throws IOException, InterruptedException {
        script("dev/build", "sleep 60 &\necho $! >\"$(dirname \"$0\")/child\"\necho >\"$(dirname \"$0\")/ready\"\nwait\n");
        Process launcher = start(root.resolve("stele"), "boot");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!Files.exists(root.resolve("dev/ready")) && System.nanoTime() < deadline) {
            Thread.sleep(10);
        }
        assertEquals(0, new ProcessBuilder("kill", "-" + signal, Long.toString(launcher.pid())).start().waitFor());
        Ended ended = end(launcher);
        assertEquals(status, ended.status());
        assertEquals("stele: ended by a signal\n", ended.errors());
        long child = Long.parseLong(Files.readString(root.resolve("dev/child")).strip());
        assertFalse(ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false), "the build's child lives on");
    }
}
