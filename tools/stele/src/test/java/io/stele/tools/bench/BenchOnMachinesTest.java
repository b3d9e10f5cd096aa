package io.stele.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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

/** Tiny suites on real machines: what Stele and QEMU are told works, and what they write is compared. */
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
        Workload workload = new Workload("tiny").about("a shell loop").figure("loop", 100, "i=0; while [ $i -lt 100 ]; do i=$((i + 1)); done; echo $i",
            "cat").figure("left-out", 1, "false", "cat");
        measure(workload, List.of("loop"));
        assertEquals(2, results().split("\"output\": \"[0-9a-f]{16}\"", -1).length - 1, results());
        assertTrue(results().contains("\"notes\": []"), results());
    }

    @Test
    void bothHaveTheSameDevices() throws IOException {
        Assumptions.assumeTrue(isInstalled("diod") && isInstalled("bwrap") && isInstalled("passt") && isInstalled("iperf3"),
            "needs diod, bubblewrap, passt and iperf3");
        Workload workload = new Workload("devices").attach(Attachment.DISK).attach(Attachment.SHARE).attach(Attachment.NETWORK)
            .prepare("mkdir /share; mount -t 9p -o trans=virtio,version=9p2000.L,aname=/share,access=user,uname=root " + Surroundings.TAG + " /share")
            .figure("disk", 1, "echo first >/dev/vda && head -c 5 /dev/vda && blockdev --getsize64 /dev/vda", "cat")
            .figure("share", 1, "ls /share && echo second >/share/file && cat /share/*", "cat")
            .figure("net", 1, "ifconfig eth0 up && cat /sys/class/net/eth0/carrier && echo 7 >/bench/took", "cat");
        measure(workload, List.of());
        assertTrue(results().contains("\"notes\": []"), results());
        assertFalse(Files.exists(folder.resolve("bench/surroundings")));
    }

    private static boolean isInstalled(String program) {
        return Files.isExecutable(Path.of("/usr/bin", program)) || Files.isExecutable(Path.of("/usr/sbin", program));
    }

    private void measure(Workload workload, List<String> only) throws IOException {
        HostReport.Access access = HostReport.probe().access();
        Assumptions.assumeTrue(access == HostReport.Access.OK, "needs /dev/kvm, which is " + access);
        List<Target> targets = new ArrayList<>(List.of(new SteleTarget(thisProgram(), "stele test")));
        GuestImage guest;
        try {
            targets.add(QemuTarget.find(null, GuestCache.ofUser().folder(), QemuTarget.CPU));
            guest = GuestCache.ofUser().guestWithModules(what -> { });
        } catch (UserException e) {
            Assumptions.abort(e.getMessage());
            return;
        }
        Suite suite = new Suite(workload.name(), "a test", List.of(workload));
        Job job;
        try (ImageCache images = new ImageCache(folder.resolve("bench"), guest.kernel(), guest, what -> { })) {
            job = images.job(workload, false, Suites.append(workload, only));
            assertEquals(job, images.job(workload, false, Suites.append(workload, only)));
        }
        Measurement measurement = new Measurement(suite, suite.workloads(), Map.of(workload.name(), job), targets, 1, 150_000_000_000L, folder,
            what -> { }, "./stele bench --only ");
        assertTrue(measurement.run(), () -> results());
    }

    private String results() {
        try {
            return Files.readString(folder.resolve("results.json"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
