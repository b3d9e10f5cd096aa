package io.stele.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostReportTest {
    @TempDir
    Path root;

    private void host(String flags, boolean device, String... modules) throws IOException {
        Files.createDirectories(root.resolve("proc"));
        Files.writeString(root.resolve("proc/cpuinfo"),
            "processor\t: 0\nmodel name\t: Test CPU\nflags\t\t: " + flags + "\n\nprocessor\t: 1\nmodel name\t: Test CPU\nflags\t\t: " + flags + "\n");
        Files.createDirectories(root.resolve("dev"));
        if (device) {
            Files.writeString(root.resolve("dev/kvm"), "");
        }
        for (String module : modules) {
            Files.createDirectories(root.resolve("sys/module/" + module));
        }
    }

    @Test
    void pvmModuleMeansPvm() throws IOException {
        host("fpu avx2", true, "kvm", "kvm_pvm");
        HostReport report = HostReport.probe(root);
        assertEquals(HostReport.Kind.PVM, report.kind());
        assertEquals("module kvm_pvm is loaded; the processor shows neither vmx nor svm", report.reason());
        assertEquals(HostReport.Access.OK, report.access());
    }

    @Test
    void processorFlagsTellVmxFromSvm() throws IOException {
        host("fpu vmx", true, "kvm", "kvm_intel");
        assertEquals(HostReport.Kind.VMX, HostReport.probe(root).kind());
        Files.writeString(root.resolve("proc/cpuinfo"), "flags\t: svm\n");
        assertEquals(HostReport.Kind.SVM, HostReport.probe(root).kind());
    }

    @Test
    void missingDeviceSaysWhatToLoad() throws IOException {
        host("fpu svm", false);
        HostReport report = HostReport.probe(root);
        assertEquals(HostReport.Kind.NONE, report.kind());
        assertEquals(HostReport.Access.MISSING, report.access());
        assertTrue(report.reason().endsWith("load kvm_amd"), report.reason());
    }

    @Test
    void processorIsRead() throws IOException {
        host("fpu avx avx2 abm", true);
        HostReport report = HostReport.probe(root);
        assertEquals(2, report.cores());
        assertEquals("Test CPU", report.cpuModel());
        assertTrue(report.hasCpuFlag("avx2"));
        assertFalse(report.hasCpuFlag("avx512f"));
        assertFalse(report.hasCpuFlag("av"));
    }

    @Test
    void emptyProcIsNotAnError() {
        HostReport report = HostReport.probe(root);
        assertEquals(0, report.cores());
        assertEquals("", report.cpuModel());
    }
}
