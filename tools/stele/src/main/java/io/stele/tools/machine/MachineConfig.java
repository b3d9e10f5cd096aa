package io.stele.tools.machine;

import io.stele.arm64.system.CpuFeatures;
import io.stele.platform.boot.BootFile;
import io.stele.platform.pl011.ConsoleSink;
import io.stele.platform.virtio.VirtioDevice;
import java.nio.file.Path;
import java.util.List;

/**
 * What a machine is made of.
 *
 * @param cpus how many CPUs the guest has
 * @param memoryBytes guest RAM
 * @param features what the CPU has beyond the base architecture
 * @param kernel kernel file: arm64 Image, gzip'd Image, EFI zboot, ELF or flat binary; with firmware, the firmware's code
 * @param variables the file that holds the firmware's variables; null for a machine without firmware
 * @param initrd the initial RAM disk, which the caller closes; null if there is none
 * @param append the kernel's command line
 * @param dtb device tree file that replaces the built-in one; null if there is none
 * @param output the serial port's transmit side
 * @param input the serial port's receive side
 * @param translations those of earlier runs; null if none are used
 * @param recording what is kept for looking at it behind the run
 * @param devices behind the virtio transports; they outlive the machine
 */
public record MachineConfig(int cpus, long memoryBytes, CpuFeatures features, Path kernel, Path variables, BootFile initrd, String append,
    Path dtb, ConsoleSink output, ConsoleSource input, Translations translations, Recording recording, List<VirtioDevice> devices) {
}
