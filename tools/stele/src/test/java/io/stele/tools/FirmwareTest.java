package io.stele.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.tools.guest.GuestCache;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Debian's UEFI firmware up to its shell, which sees the disk and keeps a variable. */
@Timeout(300)
class FirmwareTest {
    @TempDir
    private Path folder;

    @BeforeAll
    static void needsTheFirmware() {
        Assumptions.assumeTrue(Files.isWritable(Path.of("/dev/kvm")), "needs /dev/kvm");
        try {
            GuestCache.ofUser().firmware(what -> { });
        } catch (UserException e) {
            Assumptions.abort("needs the firmware: " + e.getMessage());
        }
    }

    private String shell(String... commands) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), GuestSessionTests.Program.class.getName(),
            "stele", folder.toString(), "boot", "--firmware", "--net", "none", "--disk", folder.resolve("disk.img").toString())
            .redirectError(folder.resolve("err").toFile()).start();
        StringBuilder seen = new StringBuilder();
        try {
            List<String> lines = List.of(commands);
            int next = 0;
            InputStream console = process.getInputStream();
            for (int value = console.read(); value >= 0; value = console.read()) {
                seen.append((char) value);
                boolean prompt = seen.toString().endsWith("Shell> \u001b[0m\u001b[37m\u001b[40m");
                if (prompt && next < lines.size()) {
                    process.getOutputStream().write((lines.get(next++) + "\r").getBytes(StandardCharsets.US_ASCII));
                    process.getOutputStream().flush();
                } else if (seen.toString().endsWith("to skip ")) {
                    // The shell's count-down before startup.nsh.
                    process.getOutputStream().write(27);
                    process.getOutputStream().flush();
                }
            }
            assertEquals(0, process.waitFor(), () -> seen.toString());
            assertEquals("", Files.readString(folder.resolve("err")));
            return seen.toString().replaceAll("\u001b\\[[0-9;=]*[A-Za-z]", "");
        } finally {
            GuestSessionTests.end(process);
        }
    }

    @Test
    void theShellSeesTheDiskAndAVariableIsKept() throws Exception {
        try (RandomAccessFile disk = new RandomAccessFile(folder.resolve("disk.img").toFile(), "rw")) {
            disk.setLength(1 << 20);
        }
        String first = shell("set stele kept", "reset -s");
        assertTrue(first.contains("BLK0:"), first);
        String second = shell("set stele", "reset -s");
        assertTrue(second.contains("stele = kept"), second);
    }
}
