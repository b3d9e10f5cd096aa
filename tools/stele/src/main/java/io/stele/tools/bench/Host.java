package io.stele.tools.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the figures were measured on. */
final class Host {
    private Host() {
    }

    static String describe() {
        return line("/proc/cpuinfo", "model name") + ", " + Runtime.getRuntime().availableProcessors() + " processors, Linux "
            + line("/proc/sys/kernel/osrelease", "") + (Files.isDirectory(Path.of("/sys/module/kvm_pvm")) ? ", PVM" : "");
    }

    private static String line(String file, String name) {
        try {
            for (String line : Files.readAllLines(Path.of(file), StandardCharsets.ISO_8859_1)) {
                if (line.startsWith(name)) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException e) {
            // Not known, then.
        }
        return "unknown";
    }
}
