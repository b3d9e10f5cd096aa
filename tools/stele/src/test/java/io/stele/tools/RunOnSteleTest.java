package io.stele.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.kvm.HostReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole program, end to end, on /dev/kvm. */
class RunOnSteleTest extends GuestSessionTests {
    private static final Path TASKSET = Path.of("/usr/bin/taskset");

    RunOnSteleTest() {
        super("stele");
    }

    @BeforeEach
    void needsKvm() {
        HostReport.Access access = HostReport.probe().access();
        Assumptions.assumeTrue(access == HostReport.Access.OK, "needs /dev/kvm, which is " + access);
    }

    /** Both sides of the mailbox spin, and must not where only one of them can run. */
    @Test
    void oneCoreIsEnough() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(TASKSET), "needs taskset");
        Process process = new ProcessBuilder(Stream.concat(Stream.of(TASKSET.toString(), "--cpu-list", firstAllowedCpu()),
            command("run", "echo", "done").stream()).toList()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try {
            process.getOutputStream().close();
            assertEquals("done\n", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            assertEquals(0, process.waitFor());
        } finally {
            end(process);
        }
    }

    /** The CPU is not vulnerable to anything, so the kernel turns nothing on; what it says of Spectre v1 it says of every CPU. */
    @Test
    void linuxFindsNothingToMitigateAndNoErratum() throws Exception {
        Process process = new ProcessBuilder(command("run", "sh", "-c", "cat /sys/devices/system/cpu/vulnerabilities/*; echo; dmesg"))
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try {
            process.getOutputStream().close();
            String[] parts = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\n\n", 2);
            for (String line : parts[0].split("\n")) {
                assertTrue(line.equals("Not affected") || line.equals("Mitigation: __user pointer sanitization"), parts[0]);
            }
            for (String line : parts[1].split("\n")) {
                assertFalse(line.matches(".*(?i)(erratum|errata|workaround|mitigation).*"), line);
            }
        } finally {
            end(process);
        }
    }

    private static String firstAllowedCpu() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("Cpus_allowed_list:")) {
                return line.substring(line.indexOf(':') + 1).strip().split("[-,]")[0];
            }
        }
        throw new IOException("/proc/self/status has no Cpus_allowed_list");
    }
}
