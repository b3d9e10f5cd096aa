package io.stele.kvm;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.Libc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.StringTokenizer;

/** What the host offers, found by looking at /proc, /sys and /dev; nothing is changed and no VM is made. */
public final class HostReport {
    /** Who does the work behind /dev/kvm. */
    public enum Kind {
        /** Intel VT-x. */
        VMX("hardware KVM (Intel VT-x)"),
        /** AMD SVM. */
        SVM("hardware KVM (AMD SVM)"),
        /** KVM without hardware virtualisation, on shadow page tables. */
        PVM("PVM (KVM in software, for machines without VT-x or SVM)"),
        /** /dev/kvm is there, but no known module backs it. */
        UNKNOWN("KVM of an unknown kind"),
        /** There is no KVM. */
        NONE("no KVM");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /** For the user. */
        public String text() {
            return text;
        }
    }

    /** Whether this user can open /dev/kvm. */
    public enum Access {
        /** It can be opened for reading and writing. */
        OK,
        /** There is no such device. */
        MISSING,
        /** It is there but may not be opened. */
        DENIED,
        /** Opening it fails in another way. */
        BROKEN
    }

    private final Kind kind;
    private final String reason;
    private final Access access;
    private final Set<String> cpuFlags;
    private final String cpuModel;
    private final int cores;

    private HostReport(Kind kind, String reason, Access access, Set<String> cpuFlags, String cpuModel, int cores) {
        this.kind = kind;
        this.reason = reason;
        this.access = access;
        this.cpuFlags = cpuFlags;
        this.cpuModel = cpuModel;
        this.cores = cores;
    }

    /** Looks at this machine. */
    public static HostReport probe() {
        return probe(Path.of("/"));
    }

    /** Looks at the machine whose root folder is given. */
    static HostReport probe(Path root) {
        String cpuinfo = read(root.resolve("proc/cpuinfo"));
        Set<String> flags = words(field(cpuinfo, "flags"));
        Path modules = root.resolve("sys/module");
        Path device = root.resolve("dev/kvm");
        boolean present = Files.exists(device);
        boolean hardwareFlag = flags.contains("vmx") || flags.contains("svm");
        Kind kind;
        String reason;
        if (!present) {
            kind = Kind.NONE;
            reason = hardwareFlag
                ? "the processor can virtualise, but /dev/kvm is missing: load kvm_" + (flags.contains("vmx") ? "intel" : "amd")
                : "the processor shows neither vmx nor svm, and no PVM module is loaded";
        } else if (Files.exists(modules.resolve("kvm_pvm"))) {
            kind = Kind.PVM;
            reason = "module kvm_pvm is loaded" + (hardwareFlag ? "" : "; the processor shows neither vmx nor svm");
        } else if (flags.contains("vmx")) {
            kind = Kind.VMX;
            reason = "the processor shows vmx" + loaded(modules, "kvm_intel");
        } else if (flags.contains("svm")) {
            kind = Kind.SVM;
            reason = "the processor shows svm" + loaded(modules, "kvm_amd");
        } else {
            kind = Kind.UNKNOWN;
            reason = "/dev/kvm is there, but the processor shows neither vmx nor svm, and no module kvm_pvm";
        }
        return new HostReport(kind, reason, access(device, present), flags, field(cpuinfo, "model name"), processors(cpuinfo));
    }

    private static String loaded(Path modules, String module) {
        return Files.exists(modules.resolve(module)) ? "; module " + module : "";
    }

    private static Access access(Path device, boolean present) {
        if (!present) {
            return Access.MISSING;
        }
        int fd = Libc.open(device.toString(), Libc.O_RDWR | Libc.O_CLOEXEC);
        if (fd >= 0) {
            Libc.close(fd);
            return Access.OK;
        }
        return -fd == Errno.EACCES || -fd == Errno.EPERM ? Access.DENIED : Access.BROKEN;
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    /** The value of the first line "name : value"; empty without one. */
    private static String field(String cpuinfo, String name) {
        int at = 0;
        while (at < cpuinfo.length()) {
            int end = cpuinfo.indexOf('\n', at);
            end = end < 0 ? cpuinfo.length() : end;
            int colon = cpuinfo.indexOf(':', at);
            if (colon >= 0 && colon < end && cpuinfo.substring(at, colon).strip().equals(name)) {
                return cpuinfo.substring(colon + 1, end).strip();
            }
            at = end + 1;
        }
        return "";
    }

    private static Set<String> words(String text) {
        Set<String> words = new HashSet<>();
        StringTokenizer tokens = new StringTokenizer(text);
        while (tokens.hasMoreTokens()) {
            words.add(tokens.nextToken());
        }
        return words;
    }

    private static int processors(String cpuinfo) {
        int count = 0;
        for (int at = cpuinfo.indexOf("processor\t"); at >= 0; at = cpuinfo.indexOf("processor\t", at + 1)) {
            count++;
        }
        return count;
    }

    public Kind kind() {
        return kind;
    }

    /** Why {@link #kind} is what it is: one line. */
    public String reason() {
        return reason;
    }

    public Access access() {
        return access;
    }

    /** Whether the host's own processor has a feature. @param flag as /proc/cpuinfo writes it: avx2, bmi1, abm (LZCNT), avx512f ... */
    public boolean hasCpuFlag(String flag) {
        return cpuFlags.contains(flag);
    }

    /** The processor's name; empty if unknown. */
    public String cpuModel() {
        return cpuModel;
    }

    /** How many logical processors are online. */
    public int cores() {
        return cores;
    }
}
