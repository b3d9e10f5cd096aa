package io.stele.tools.disk;

import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Kernel and initramfs of a system on a disk image, read from its ext4 file system by {@code debugfs}, which needs no mount and takes a
 * file system whose journal was not replayed.
 *
 * @param kernel a copy of its kernel
 * @param initrd a copy of its initramfs; null if it has none
 * @param root the kernel's name of the root file system if the image is the first disk
 */
public record BootFiles(Path kernel, Path initrd, String root) {
    private static final String KERNEL = "vmlinuz-";
    /** Users other than root do not have its folder in their path. */
    private static final String DEBUGFS = Files.isExecutable(Path.of("/usr/sbin/debugfs")) ? "/usr/sbin/debugfs" : "debugfs";

    /**
     * Takes them out of an image. One in qcow2 is unpacked for a moment, into the cache.
     *
     * @param cache folder in which this image's copies are always the same files
     */
    public static BootFiles of(Path image, Path cache) throws IOException {
        if (!Files.isRegularFile(image) || ImageFormat.of(image) != ImageFormat.QCOW2) {
            return of(image, image, cache);
        }
        Path raw = Files.createTempFile(Files.createDirectories(cache), "image", ".raw");
        try {
            Progress.toStandardError().step("looking for the kernel in " + image.getFileName());
            run("reading a qcow2 image needs qemu-img (Debian package qemu-utils)",
                List.of("qemu-img", "convert", "--force-share", "-O", "raw", image.toString(), raw.toString()));
            return of(raw, image, cache);
        } finally {
            Files.deleteIfExists(raw);
        }
    }

    private static BootFiles of(Path raw, Path image, Path cache) throws IOException {
        for (PartitionTable.Place place : PartitionTable.extFileSystems(raw)) {
            String device = raw.toAbsolutePath() + (place.offset() == 0 ? "" : "?offset=" + place.offset());
            for (String folder : List.of("/boot", "/")) {
                String version = newest(names(device, folder));
                if (version != null) {
                    String prefix = folder.equals("/") ? "/" : folder + "/";
                    Path target = Files.createDirectories(cache.resolve(Integer.toHexString(image.toAbsolutePath().normalize().hashCode())));
                    Path kernel = target.resolve("kernel");
                    Path initrd = target.resolve("initrd");
                    dump(device, prefix + KERNEL + version, kernel);
                    Files.deleteIfExists(initrd);
                    dump(device, prefix + "initrd.img-" + version, initrd);
                    if (Files.exists(kernel) && Files.size(kernel) > 0) {
                        return new BootFiles(kernel, Files.exists(initrd) && Files.size(initrd) > 0 ? initrd : null,
                            "/dev/vda" + (place.number() == 0 ? "" : Integer.toString(place.number())));
                    }
                }
            }
        }
        throw new UserException("--disk: no ext4 file system with /boot/vmlinuz-* in " + image + "; give --kernel (and --initrd)");
    }

    private static List<String> names(String device, String folder) throws IOException {
        List<String> names = new ArrayList<>();
        for (String line : debugfs(device, "ls -p " + folder).split("\n")) {
            // /inode/mode/uid/gid/name/size/
            String[] fields = line.split("/");
            if (fields.length > 5) {
                names.add(fields[5]);
            }
        }
        return names;
    }

    /** The highest version of which there is a kernel; null if there is none. */
    private static String newest(List<String> names) {
        String best = null;
        for (String name : names) {
            if (name.startsWith(KERNEL)) {
                String version = name.substring(KERNEL.length());
                if (best == null || compare(version, best) > 0) {
                    best = version;
                }
            }
        }
        return best;
    }

    /** Compares versions: runs of digits by number, all else by character. */
    static int compare(String a, String b) {
        int i = 0;
        int j = 0;
        while (i < a.length() && j < b.length()) {
            if (Character.isDigit(a.charAt(i)) && Character.isDigit(b.charAt(j))) {
                int endA = digits(a, i);
                int endB = digits(b, j);
                int order = Long.compare(Long.parseLong(a, i, endA, 10), Long.parseLong(b, j, endB, 10));
                if (order != 0) {
                    return order;
                }
                i = endA;
                j = endB;
            } else {
                int order = Character.compare(a.charAt(i++), b.charAt(j++));
                if (order != 0) {
                    return order;
                }
            }
        }
        return Integer.compare(a.length() - i, b.length() - j);
    }

    private static int digits(String text, int from) {
        int end = from;
        while (end < text.length() && end - from < 18 && Character.isDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static void dump(String device, String file, Path target) throws IOException {
        debugfs(device, "dump " + file + " " + target);
    }

    /** Bitmaps are not read (-c): after a power cut they may be half written, until the guest's kernel has replayed the journal. */
    private static String debugfs(String device, String request) throws IOException {
        return run("taking the kernel out of an image needs debugfs (Debian package e2fsprogs); or give --kernel",
            List.of(DEBUGFS, "-c", "-R", request, device));
    }

    /** Runs a program. @param missing what to say if it is not there; @return its standard output */
    private static String run(String missing, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UserException(missing);
        }
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
        }
        return output;
    }
}
