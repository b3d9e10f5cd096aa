package io.stele.tools.bench;

import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import io.stele.tools.guest.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** QEMU's system emulator. */
final class QemuTarget implements Target {
    static final String PROGRAM = "qemu-system-aarch64";
    /** Without pointer authentication and memory tagging, which Stele does not announce either and which would slow QEMU down. */
    static final String CPU = "cortex-a57";
    /** What the figures in the documents were compared with. */
    static final int GOOD_MAJOR = 10;
    private static final Pattern VERSION = Pattern.compile("QEMU emulator version (\\d+)\\.(\\d+)[^\\n]*");

    private final Path program;
    private final String version;
    private final int major;
    private final int minor;
    private final String cpu;

    private QemuTarget(Path program, Matcher version, String cpu) {
        this.program = program;
        this.version = version.group();
        major = Integer.parseInt(version.group(1));
        minor = Integer.parseInt(version.group(2));
        this.cpu = cpu;
    }

    /**
     * The newest one of the search path and of Stele's cache, or the one that the user names.
     *
     * @param named a program or the folder that it is in; null if the user named none
     * @throws UserException if there is none, or the named one does not work
     */
    static QemuTarget find(String named, Path cache, String cpu) throws IOException {
        if (named != null) {
            Path path = Path.of(named);
            Path found = Files.isDirectory(path) ? inFolder(path) : Files.isExecutable(path) ? path : null;
            if (found == null) {
                throw new UserException(ExitCode.USAGE, "--qemu: there is no " + PROGRAM + " in " + named);
            }
            QemuTarget qemu = open(found, cpu);
            if (qemu == null) {
                throw new UserException("--qemu: " + found + " does not tell a version of QEMU when it is called with --version");
            }
            return qemu;
        }
        List<Path> folders = new ArrayList<>(List.of(cache.resolve("qemu")));
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            folders.add(Path.of(folder));
        }
        QemuTarget best = null;
        for (Path folder : folders) {
            Path found = inFolder(folder);
            QemuTarget qemu = found == null ? null : open(found, cpu);
            if (qemu != null && (best == null || qemu.isNewerThan(best))) {
                best = qemu;
            }
        }
        if (best == null) {
            throw new UserException(PROGRAM + " is missing; dev/install-bench-deps fetches it, --qemu names one, --systems stele does without");
        }
        return best;
    }

    private static Path inFolder(Path folder) {
        for (String place : List.of(PROGRAM, "bin/" + PROGRAM)) {
            Path path = folder.resolve(place);
            if (Files.isRegularFile(path) && Files.isExecutable(path)) {
                return path.toAbsolutePath();
            }
        }
        return null;
    }

    private static QemuTarget open(Path program, String cpu) throws IOException {
        Matcher matcher = VERSION.matcher(Commands.run(Path.of("/"), List.of(program.toString(), "--version")).output());
        return matcher.find() ? new QemuTarget(program, matcher, cpu) : null;
    }

    private boolean isNewerThan(QemuTarget other) {
        return major != other.major ? major > other.major : minor > other.minor;
    }

    /** Older than what is worth comparing with. */
    boolean isOld() {
        return major < GOOD_MAJOR;
    }

    @Override
    public String name() {
        return "qemu";
    }

    @Override
    public String description() {
        return version + ", -cpu " + cpu;
    }

    @Override
    public List<String> command(Job job) {
        List<String> words = new ArrayList<>();
        Path place = job.surroundings();
        if (job.attachments().contains(Attachment.NETWORK)) {
            words.addAll(List.of("sh", "-c", "passt --quiet --one-off --socket \"$0\" 2>/dev/null && exec \"$@\"", Surroundings.socket(place).toString()));
        }
        words.addAll(machine(job));
        if (job.attachments().contains(Attachment.DISK)) {
            words.addAll(List.of("-drive", "if=none,id=disk,format=raw,cache=writeback,file=" + Surroundings.disk(place), "-device",
                "virtio-blk-device,drive=disk"));
        }
        if (job.attachments().contains(Attachment.NETWORK)) {
            words.addAll(List.of("-netdev", "stream,id=net,addr.type=unix,addr.path=" + Surroundings.socket(place), "-device",
                "virtio-net-device,netdev=net"));
        }
        if (job.attachments().contains(Attachment.SHARE)) {
            words.addAll(List.of("-fsdev", "local,id=share,security_model=passthrough,path=" + Surroundings.share(place), "-device",
                "virtio-9p-device,fsdev=share,mount_tag=" + Surroundings.TAG));
        }
        return words;
    }

    private List<String> machine(Job job) {
        List<String> words = new ArrayList<>(List.of(program.toString(), "-M", "virt,gic-version=3", "-cpu", cpu, "-smp", "1", "-m",
            Integer.toString(job.memoryMib()), "-nographic", "-no-reboot", "-net", "none", "-kernel", job.kernel().toString()));
        if (job.initrd() != null) {
            words.addAll(List.of("-initrd", job.initrd().toString()));
        }
        words.addAll(List.of("-append", job.append()));
        return words;
    }
}
