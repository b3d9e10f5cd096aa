package io.stele.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.kvm.KvmSystem;
import io.stele.tools.Main;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import io.stele.tools.command.Arguments;
import io.stele.tools.guest.GuestCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command with a guest that is none and a QEMU that is a script. */
@Timeout(60)
class BenchCommandTest {
    @TempDir
    Path folder;
    private Path out;

    @BeforeEach
    void makeGuest() throws IOException {
        out = folder.resolve("out");
        Path guest = Files.createDirectories(folder.resolve("cache/debian-arm64"));
        Files.writeString(guest.resolve("kernel"), "kernel");
        Files.writeString(guest.resolve("busybox"), "busybox");
    }

    private Path qemu(String version, String script) throws IOException {
        Path program = Files.createDirectories(folder.resolve("qemu")).resolve(QemuTarget.PROGRAM);
        Files.writeString(program, "#!/bin/sh\n[ \"$1\" != --version ] || { echo '" + version + "'; exit; }\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return program.getParent();
    }

    private int bench(String... line) throws IOException {
        BenchCommand command = new BenchCommand("stele test", new GuestCache(folder.resolve("cache")));
        Arguments arguments = Arguments.read(command, line, 0);
        assertTrue(arguments != null, "wrong command line");
        return command.run(arguments);
    }

    private UserException fails(String... line) {
        return assertThrows(UserException.class, () -> bench(line));
    }

    private int bootOnQemu() throws IOException {
        return bench("--suite", "boot", "--systems", "qemu", "--qemu", folder.resolve("qemu").toString(), "--rounds", "2", "--out", out.toString(),
            "--time-limit", "20");
    }

    private String results() throws IOException {
        return Files.readString(out.resolve("results.json"));
    }

    @Test
    void aSuiteIsMeasuredAndReported() throws IOException {
        qemu("QEMU emulator version 10.0.2 (test)", "echo \"$@\" >&2; echo 'stele: /init is running'; echo bench-done");
        assertEquals(0, bootOnQemu());
        assertTrue(results().contains("QEMU emulator version 10.0.2 (test), -cpu cortex-a57"));
        assertTrue(results().contains("\"complete\": true"));
        assertTrue(Files.readString(out.resolve("report.html")).contains("</html>"));
        String arguments = Files.readString(out.resolve("boot-qemu-2.errors"));
        assertTrue(arguments.contains("-append console=ttyAMA0 panic=-1 mitigations=off nokaslr"), arguments);
        Path image = Path.of(arguments.replaceFirst("(?s).*-initrd (\\S+) .*", "$1"));
        assertTrue(Files.readString(image).contains("#!/bin/busybox sh"), "the image has no /init");
    }

    @Test
    void aQemuThatCrashesInTheMiddleLeavesTheOtherResults() throws IOException {
        qemu("QEMU emulator version 10.0.2", "n=$(ls " + out + "/*.errors | wc -l); [ $n = 1 ] || { echo broken >&2; kill -SEGV $$; }\n"
            + "echo 'stele: /init is running'; echo bench-done");
        assertEquals(ExitCode.ERROR, bootOnQemu());
        assertTrue(results().contains("\"count\": 1"), results());
        assertTrue(results().contains("boot on qemu: qemu ended with status 139: broken"), results());
    }

    /** A whole program, and the signal that Ctrl-C sends. */
    @Test
    void anInterruptLeavesPartialResults() throws IOException, InterruptedException {
        // The first start ends, the second one hangs.
        qemu("QEMU emulator version 10.0.2", "n=$(ls " + out + "/*.errors | wc -l); [ $n = 1 ] || { echo >" + folder.resolve("hangs")
            + "; exec sleep 100; }\necho 'stele: /init is running'; echo bench-done");
        Path cache = Files.createDirectories(folder.resolve("home/stele"));
        Files.move(folder.resolve("cache/debian-arm64"), cache.resolve("debian-arm64"));
        ProcessBuilder builder = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Main.class.getName(), "bench", "--suite", "boot",
            "--systems", "qemu", "--qemu", folder.resolve("qemu").toString(), "--rounds", "3", "--out", out.toString());
        builder.environment().put("XDG_CACHE_HOME", folder.resolve("home").toString());
        Process process = builder.redirectOutput(folder.resolve("table").toFile()).redirectError(folder.resolve("progress").toFile()).start();
        try {
            while (process.isAlive() && !Files.exists(folder.resolve("hangs"))) {
                Thread.sleep(10);
            }
            assertEquals(0, new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor());
            assertEquals(ExitCode.INTERRUPTED, process.waitFor(), Files.readString(folder.resolve("progress")));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        String table = Files.readString(folder.resolve("table"));
        assertTrue(table.contains("These are partial results."), table);
        assertTrue(results().contains("\"complete\": false"), results());
        assertTrue(results().contains("\"count\": 1"), results());
        assertTrue(Files.readString(out.resolve("report.html")).contains("partial"));
    }

    @Test
    void aMissingOrStrangeQemuIsOneLine() throws IOException {
        assertEquals("--qemu: there is no qemu-system-aarch64 in /nowhere",
            fails("--suite", "boot", "--systems", "qemu", "--qemu", "/nowhere").getMessage());
        Path strange = qemu("busybox", "");
        assertTrue(fails("--suite", "boot", "--systems", "qemu", "--qemu", strange.toString()).getMessage()
            .contains("does not tell a version of QEMU"));
    }

    @Test
    void oldAndNewQemusAreTold() throws IOException {
        assertTrue(QemuTarget.find(qemu("QEMU emulator version 7.2.18 (Debian 1:7.2)", "").toString(), folder, "max").isOld());
        QemuTarget fresh = QemuTarget.find(qemu("QEMU emulator version 11.1.0", "").toString(), folder, "max");
        assertFalse(fresh.isOld());
        assertEquals("QEMU emulator version 11.1.0, -cpu max", fresh.description());
    }

    @Test
    void theCachesQemuIsTakenIfItIsTheNewest() throws IOException {
        qemu("QEMU emulator version 99.0.0", "");
        assertTrue(QemuTarget.find(null, folder, "max").description().startsWith("QEMU emulator version 99.0.0"));
    }

    @Test
    void wrongOptionsAreUsageErrors() throws IOException {
        for (String[] line : new String[][] {{"--suite", "nothing"}, {"--only", "nothing"}, {"--rounds", "0"}, {"--rounds", "x"},
            {"--systems", "vax"}, {"--time-limit", "soon"}}) {
            UserException e = fails(line);
            assertEquals(ExitCode.USAGE, e.exitCode(), e.getMessage());
            assertTrue(e.getMessage().startsWith(line[0] + ": "), e.getMessage());
        }
        Files.writeString(out, "a file");
        qemu("QEMU emulator version 10.0.2", "");
        assertTrue(fails("--suite", "boot", "--systems", "qemu", "--qemu", folder.resolve("qemu").toString(), "--out", out.toString()).getMessage()
            .startsWith("--out: cannot make the folder"));
    }

    @Test
    void whatTheHostCannotDoIsOneLine() throws IOException {
        assertEquals("nothing can be measured on native: boot needs a machine", fails("--suite", "boot", "--systems", "native").getMessage());
    }

    @Test
    void reportsThatCannotBeWrittenAreAFailure() throws IOException {
        qemu("QEMU emulator version 10.0.2", "echo 'stele: /init is running'; echo bench-done");
        Files.createDirectories(out);
        Files.createSymbolicLink(out.resolve("report.html"), Path.of("/dev/full"));
        assertEquals(ExitCode.ERROR, bootOnQemu());
    }

    @Test
    void whereThereIsNoKvmThatIsSaidBeforeAnythingIsFetched() {
        Assumptions.assumeFalse(Files.isWritable(Path.of(KvmSystem.DEVICE)), "there is a " + KvmSystem.DEVICE);
        String message = fails("--suite", "boot").getMessage();
        assertTrue(message.startsWith(KvmSystem.DEVICE) && message.endsWith("; --systems qemu,native does without Stele"), message);
        assertFalse(Files.exists(folder.resolve("cache/bench")));
    }

    @Test
    void everySuiteHasItsWorkloadsOnce() {
        for (Suite suite : Suites.all()) {
            assertEquals(suite.workloads().size(), suite.workloads().stream().map(Workload::name).distinct().count(), suite.name());
            for (Workload workload : suite.workloads()) {
                assertFalse(workload.figures().isEmpty(), workload.name());
                assertFalse(workload.about().isEmpty(), workload.name());
                assertTrue(workload.attachments().isEmpty() || !workload.natively().isEmpty(), workload.name());
                workload.inputs().forEach((name, input) -> assertTrue(java.util.Arrays.equals(input.get(), input.get()), name));
            }
        }
    }
}
