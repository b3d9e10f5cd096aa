package io.stele.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.kvm.HostReport;
import io.stele.tools.Main;
import io.stele.tools.report.UserException;
import io.stele.tools.guest.GuestCache;
import io.stele.tools.guest.GuestImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One tiny suite on real machines: what Stele and QEMU are told works, and what they write is compared. */
@Timeout(400)
class BenchOnMachinesTest {
    @TempDir
    Path folder;

    private static List<String> thisProgram() {
        return List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Main.class.getName());
    }

    @Test
    void aProgramIsMeasuredOnSteleAndQemu() throws IOException {
        HostReport.Access access = HostReport.probe().access();
        Assumptions.assumeTrue(access == HostReport.Access.OK, "needs /dev/kvm, which is " + access);
        List<Target> targets = new ArrayList<>(List.of(new SteleTarget(thisProgram(), "stele test")));
        GuestImage guest;
        try {
            targets.add(QemuTarget.find(null, GuestCache.ofUser().folder(), QemuTarget.CPU));
            guest = GuestCache.ofUser().guest(what -> { });
        } catch (UserException e) {
            Assumptions.abort(e.getMessage());
            return;
        }
        Workload workload = new Workload("tiny").about("a shell loop").figure("loop", 100, "i=0; while [ $i -lt 100 ]; do i=$((i + 1)); done; echo $i",
            "cat").figure("left-out", 1, "false", "cat");
        Suite suite = new Suite("tiny", "a test", List.of(workload));
        Job job;
        try (ImageCache images = new ImageCache(folder.resolve("bench"), guest.kernel(), guest.busybox(), what -> { })) {
            job = images.job(workload, false, Suites.append(workload, List.of("loop")));
            assertEquals(job, images.job(workload, false, Suites.append(workload, List.of("loop"))));
        }
        Measurement measurement = new Measurement(suite, suite.workloads(), Map.of("tiny", job), targets, 1, 150_000_000_000L, folder, what -> { },
            "./stele bench --only ");
        assertTrue(measurement.run(), () -> results());
        assertEquals(2, results().split("\"output\": \"[0-9a-f]{16}\"", -1).length - 1, results());
        assertTrue(results().contains("\"notes\": []"), results());
    }

    private String results() {
        try {
            return Files.readString(folder.resolve("results.json"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
