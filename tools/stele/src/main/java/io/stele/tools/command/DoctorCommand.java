package io.stele.tools.command;

import io.stele.kvm.HostReport;
import io.stele.kvm.KvmSystem;
import io.stele.kvm.libc.LibcException;
import io.stele.tools.guest.GuestCache;
import io.stele.tools.report.ExitCode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** {@code stele doctor}. */
public final class DoctorCommand implements Command {
    /** Features without which the generated code does not run. */
    private static final String[] NEEDED_FLAGS = {"avx", "avx2", "bmi1", "bmi2", "abm", "movbe", "popcnt", "fsgsbase"};
    /** Features that are used where they exist. */
    private static final String[] USEFUL_FLAGS = {"fma", "f16c", "aes", "pclmulqdq", "sha_ni", "gfni", "avx512f", "avx512cd", "avx512bw",
        "avx512dq", "avx512vl", "avx512vbmi", "avx512_bitalg"};
    /** Programs for some options: name, Debian package, what they are for. */
    private static final String[][] TOOLS = {
        {"debugfs", "e2fsprogs", "boot --disk, image create"},
        {"mmdebstrap", "mmdebstrap", "image create"},
        {"newuidmap", "uidmap", "image create by users other than root"},
        {"passt", "passt", "--net user"},
        {"diod", "diod", "--share, --rootfs"},
        {"bwrap", "bubblewrap", "--share, --rootfs"},
        {"qemu-nbd", "qemu-utils", "--disk with qcow2 images"}};
    private static final int TOPIC_WIDTH = 10;
    private static final String ZYDIS = "libZydis.so.4.0";

    private boolean good;

    /** Looks at nothing before it runs. */
    public DoctorCommand() {
    }

    @Override
    public String name() {
        return "doctor";
    }

    @Override
    public String description() {
        return "Shows what this host offers, one line each, with what to do about what is missing.";
    }

    @Override
    public String[] footer() {
        return new String[] {"", "Exit codes: 0 stele boot can work here; 1 something that it needs is missing."};
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public int failureCode() {
        return ExitCode.ERROR;
    }

    @Override
    public int run(Arguments arguments) {
        good = true;
        HostReport host = HostReport.probe();
        kvm(host);
        processor(host);
        line(host.cores() >= 2, false, "cores", host.cores() + (host.cores() >= 2 ? "" : "; a second one would make the guest much faster"));
        line(Runtime.version().feature() >= 25, true, "jdk", Runtime.version() + " (" + System.getProperty("java.home") + ")"
            + (Runtime.version().feature() >= 25 ? "" : "; install JDK 25"));
        memory();
        zydis();
        guest();
        tools();
        return good ? ExitCode.OK : ExitCode.ERROR;
    }

    private void kvm(HostReport host) {
        line(host.kind() != HostReport.Kind.NONE, true, "kvm", host.kind().text() + ": " + host.reason());
        String problem = switch (host.access()) {
            case OK -> null;
            case MISSING -> KvmSystem.DEVICE + " is missing: load the KVM module of this processor, or turn on (nested) virtualisation";
            case DENIED -> "no permission to open " + KvmSystem.DEVICE + ": sudo usermod -aG kvm \"$USER\", then log in again";
            case BROKEN -> KvmSystem.DEVICE + " cannot be opened; see the kernel's log";
        };
        if (problem == null) {
            try (KvmSystem kvm = KvmSystem.open()) {
                kvm.createVirtualMachine().close();
            } catch (LibcException e) {
                problem = e.getMessage();
            }
        }
        line(problem == null, true, "access", problem == null ? KvmSystem.DEVICE + " can be opened and makes virtual machines" : problem);
    }

    private void processor(HostReport host) {
        StringBuilder used = new StringBuilder();
        StringBuilder missing = new StringBuilder();
        for (String flag : NEEDED_FLAGS) {
            (host.hasCpuFlag(flag) ? used : missing).append(' ').append(flag);
        }
        for (String flag : USEFUL_FLAGS) {
            if (host.hasCpuFlag(flag)) {
                used.append(' ').append(flag);
            }
        }
        boolean complete = missing.isEmpty();
        line(complete, true, "cpu", host.cpuModel() + ":" + used
            + (complete ? "" : "; missing:" + missing + " (a processor of 2013 or newer has them; in a virtual machine, pass them through)"));
    }

    private void memory() {
        String setting = "";
        try {
            setting = Files.readString(Path.of("/sys/kernel/mm/transparent_hugepage/enabled")).strip();
        } catch (IOException e) {
            // A kernel without huge pages.
        }
        boolean huge = setting.contains("[always]") || setting.contains("[madvise]");
        line(huge, false, "memory", huge ? "transparent huge pages for guest RAM"
            : "no transparent huge pages: echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
    }

    @SuppressWarnings("restricted")
    private void zydis() {
        boolean found = true;
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup.libraryLookup(ZYDIS, arena);
        } catch (IllegalArgumentException e) {
            found = false;
        }
        line(found, false, "zydis", found ? ZYDIS + " (shows x86 code in dumps)" : ZYDIS + " is missing, dumps show bytes only: apt install libzydis4.0");
    }

    private void guest() {
        GuestCache cache = GuestCache.ofUser();
        boolean apt = Files.isExecutable(Path.of("/usr/bin/apt-get")) && Files.isExecutable(Path.of("/usr/bin/dpkg-deb"));
        if (cache.isFilled()) {
            line(true, false, "guest", cache.guestFolder() + " (remove the folder to have it fetched anew)");
        } else {
            line(apt, false, "guest", apt ? "not fetched yet; stele boot does it" : "no apt here to fetch the default guest: give --kernel and --initrd");
        }
    }

    private void tools() {
        for (String[] tool : TOOLS) {
            boolean there = Stream.of((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder.isEmpty() ? "." : folder, tool[0])));
            line(there, false, tool[0], there ? tool[2] : "is missing for " + tool[2] + ": apt install " + tool[1]);
        }
    }

    private void line(boolean fine, boolean needed, String topic, String text) {
        good &= fine || !needed;
        System.out.println((fine ? "ok    " : needed ? "FAIL  " : "note  ") + topic + " ".repeat(Math.max(0, TOPIC_WIDTH - topic.length())) + "  " + text);
    }
}
