package io.stele.platform.fdt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Runs {@code dtc} and {@code qemu-system-aarch64}. */
final class DeviceTreeCompiler {
    private DeviceTreeCompiler() {}

    static String toSource(byte[] blob) throws IOException, InterruptedException {
        return run(blob, "dtc", "-q", "-I", "dtb", "-O", "dts", "-s", "-");
    }

    static byte[] fromSource(String source) throws IOException, InterruptedException {
        Path out = Files.createTempFile("tree", ".dtb");
        run(source.getBytes(StandardCharsets.UTF_8), "dtc", "-q", "-I", "dts", "-O", "dtb", "-o", out.toString(), "-");
        byte[] blob = Files.readAllBytes(out);
        Files.delete(out);
        return blob;
    }

    static byte[] treeOfQemu(int cpus, int mebibytes) throws IOException, InterruptedException {
        Path out = Files.createTempFile("qemu", ".dtb");
        run(new byte[0], "qemu-system-aarch64", "-M", "virt,gic-version=3,dumpdtb=" + out, "-cpu", "cortex-a57", "-smp",
            Integer.toString(cpus), "-m", Integer.toString(mebibytes), "-nographic", "-nic", "none");
        byte[] blob = Files.readAllBytes(out);
        Files.delete(out);
        return blob;
    }

    private static String run(byte[] input, String... command) throws IOException, InterruptedException {
        Path errors = Files.createTempFile("stderr", ".txt");
        Process process;
        try {
            process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        } catch (IOException e) {
            assumeTrue(false, command[0] + " is not installed");
            throw e;
        }
        try (var stdin = process.getOutputStream()) {
            stdin.write(input);
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        boolean ended = process.waitFor(30, TimeUnit.SECONDS);
        String message = Files.readString(errors);
        Files.delete(errors);
        assertEquals(0, ended ? process.exitValue() : -1, message);
        return output;
    }
}
