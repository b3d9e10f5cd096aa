package io.stele.tools.oracle;

import io.stele.arm64.Arm64Isa;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.oracle.CpuImage;
import io.stele.arm64.oracle.Tools;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.system.CpuFeatures;
import io.stele.runtime.Hypervisor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a batch in a KVM virtual machine: generated code, region checks, host page tables, the runtime; monitor.S in the guest. */
final class VmExecutor {
    /** For a host whose cores others use, too: a second or two is usual. */
    private static final long NANOS = 600_000_000_000L;
    private static final long TICKS_BETWEEN_LOOKS = 10_000_000;

    private VmExecutor() {}

    /** Skips the test if a program is missing. */
    static void requireTools() {
        Tools.require("aarch64-linux-gnu-as", "aarch64-linux-gnu-ld", "aarch64-linux-gnu-objcopy");
    }

    /** The program that runs the cases. */
    static byte[] monitor(Path directory) throws IOException, InterruptedException {
        try (InputStream source = VmExecutor.class.getResourceAsStream("monitor.S")) {
            Files.write(directory.resolve("monitor.s"), source.readAllBytes());
        }
        List<String> assembler = new ArrayList<>(List.of("aarch64-linux-gnu-as", "-o", "monitor.o"));
        define(assembler, "RECORD", CpuImage.BYTES);
        define(assembler, "STATUS", GuestImage.STATUS);
        define(assembler, "FLOAT", GuestImage.FLOAT);
        define(assembler, "CALL", GuestImage.CALL);
        define(assembler, "FAULT", GuestImage.FAULT);
        define(assembler, "VECTORS", CpuImage.VECTORS);
        define(assembler, "MEMORY", CpuImage.MEMORY);
        define(assembler, "MEMORY_BYTES", CpuImage.MEMORY_BYTES);
        define(assembler, "MEMORY_BASE", GuestImage.LINEAR + GuestImage.MEMORY);
        define(assembler, "DONE", QuietSystem.DONE);
        define(assembler, "LOST", QuietSystem.LOST);
        assembler.add("monitor.s");
        Tools.run(directory, "as.txt", assembler);
        Tools.run(directory, "ld.txt", List.of("aarch64-linux-gnu-ld", "-Ttext=0x" + Long.toHexString(GuestImage.LINEAR + GuestImage.MONITOR),
            "-o", "monitor", "monitor.o"));
        Tools.run(directory, "objcopy.txt", List.of("aarch64-linux-gnu-objcopy", "-O", "binary", "-j", ".text", "monitor", "monitor.img"));
        return Files.readAllBytes(directory.resolve("monitor.img"));
    }

    private static void define(List<String> assembler, String name, long value) {
        assembler.add("--defsym");
        assembler.add(name + "=0x" + Long.toHexString(value));
    }

    /** @param report receives the runtime's counters */
    static Results run(Batch batch, byte[] monitor, StringBuilder report) {
        try (Hypervisor hypervisor = new Hypervisor(1, GuestImage.RAM, GuestImage.RAM_BYTES)) {
            GuestImage image = new GuestImage(hypervisor.ramAddress(), monitor, batch);
            QuietSystem system = new QuietSystem(hypervisor::stop);
            Arm64Isa isa = new Arm64Isa(CpuFeatures.DESCRIBED, image, hypervisor, system, system, line -> { });
            hypervisor.attach(isa, image, line -> { });
            long state = hypervisor.state(0);
            image.start(isa, state);
            long end = System.nanoTime() + NANOS;
            hypervisor.run(() -> {
                if (System.nanoTime() - end > 0) {
                    throw new AssertionError("the guest does not end: " + isa.describe(state));
                }
                return hypervisor.counterNow() + TICKS_BETWEEN_LOOKS;
            });
            if (system.lost) {
                throw new AssertionError("the monitor came to a vector that no case uses in record "
                    + GuestImage.recordNumber(CpuState.get(state, GuestState.SP_OFFSET)) + ": " + isa.describe(state));
            }
            report.append(hypervisor.statistics().report());
            return image.results();
        }
    }
}
