package io.stele.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

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

    private static String firstAllowedCpu() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("Cpus_allowed_list:")) {
                return line.substring(line.indexOf(':') + 1).strip().split("[-,]")[0];
            }
        }
        throw new IOException("/proc/self/status has no Cpus_allowed_list");
    }
}
