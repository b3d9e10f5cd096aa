package io.stele.tools.command;

import io.stele.kvm.libc.Libc;
import io.stele.platform.boot.BootFile;
import io.stele.platform.virtio.block.DiskException;
import io.stele.platform.virtio.block.RawImage;
import io.stele.platform.virtio.block.VirtioBlock;
import io.stele.platform.virtio.rng.VirtioEntropy;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import io.stele.tools.guest.GuestCache;
import io.stele.tools.guest.GuestImage;
import io.stele.tools.guest.ImageStages;
import io.stele.tools.guest.PackageCache;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.GuestMachine;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.Outcome;
import io.stele.tools.machine.Recording;
import io.stele.tools.machine.Translations;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/** {@code stele image create FILE}. */
public final class ImageCommand implements Command {
    private static final String APPEND = "console=ttyAMA0 loglevel=1 panic=-1";
    private static final String DEFAULT_SIZE = "4G";
    private static final long LEAST_BYTES = 1L << 30;
    /** What mmdebstrap says when it can make no name space with several users. */
    private static final String NO_MODE = "unable to pick chroot mode";
    private static final String DEFAULT_SUITE = "bookworm";

    private final Backend backend;

    /** @param backend makes the machines */
    public ImageCommand(Backend backend) {
        this.backend = backend;
    }

    @Override
    public String name() {
        return "image";
    }

    @Override
    public String description() {
        return "Makes a disk image with Debian for arm64: 'image create FILE'. 'boot --disk FILE' then boots it.";
    }

    @Override
    public String[] footer() {
        return new String[] {"", "Needs mmdebstrap and e2fsprogs. Root has no password; change that with --user-data."};
    }

    @Override
    public List<Option> options() {
        return List.of(
            new Option("--size", "SIZE", "Size of the image: MiB, or with a unit. Default: " + DEFAULT_SIZE + ". The file has holes."),
            new Option("--suite", "NAME", "Debian's release: bookworm or trixie. Default: " + DEFAULT_SUITE + "."),
            new Option("--packages", "NAME,NAME", "Packages in addition to a minimal system with systemd, apt and a network.", true),
            new Option("--user-data", "FILE", "A script that is run in the new system at the end, as root."),
            new Option("--memory", "SIZE", "RAM of the guest that installs the packages. Default: 1G."));
    }

    @Override
    public String wordsLabel() {
        return "create FILE";
    }

    @Override
    public boolean optionsAnywhere() {
        return true;
    }

    @Override
    public int failureCode() {
        return ExitCode.ERROR;
    }

    @Override
    public int run(Arguments options) throws IOException {
        List<String> words = options.words();
        if (words.size() != 2 || !words.getFirst().equals("create")) {
            throw new UserException(ExitCode.USAGE, "image: 'create FILE' is what there is; try 'stele image --help'");
        }
        Path file = Path.of(words.get(1)).toAbsolutePath();
        if (Files.exists(file)) {
            throw new UserException(words.get(1) + " exists already");
        }
        if (file.getParent() == null || !Files.isWritable(file.getParent())) {
            throw new UserException("cannot write " + words.get(1));
        }
        long bytes = size(options);
        Path userData = options.inputFile("--user-data");
        byte[] script = userData == null ? new byte[0] : Files.readAllBytes(userData);
        Progress progress = Progress.toStandardError();
        backend.checkHost();
        GuestImage guest = GuestCache.ofUser().guestWithModules(progress);
        Path partial = Files.createFile(file.resolveSibling("." + file.getFileName() + "." + ProcessHandle.current().pid() + ".partial"));
        Thread removal = new Thread(() -> abandon(partial));
        Runtime.getRuntime().addShutdownHook(removal);
        try {
            firstStage(options, partial, bytes, progress);
            secondStage(options, guest, partial, script, progress);
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(partial);
            try {
                Runtime.getRuntime().removeShutdownHook(removal);
            } catch (IllegalStateException e) {
                // A signal: the hook does the rest.
            }
        }
        progress.step(words.get(1) + " is ready: stele boot --disk " + words.get(1) + "; log in as root, without a password");
        return ExitCode.OK;
    }

    private static void abandon(Path partial) {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroy);
        partial.toFile().delete();
    }

    private static long size(Arguments options) {
        String text = options.isSet("--size") ? options.text("--size") : DEFAULT_SIZE;
        try {
            long bytes = Sizes.memory(text);
            if (bytes < LEAST_BYTES) {
                throw new UserException(ExitCode.USAGE, "--size: " + text + " is too small for Debian (1G is the least)");
            }
            return bytes;
        } catch (IllegalArgumentException e) {
            throw new UserException(ExitCode.USAGE, "--size: " + e.getMessage());
        }
    }

    private static void firstStage(Arguments options, Path image, long bytes, Progress progress) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(image);
        if (Libc.geteuid() != 0) {
            // mmdebstrap's own user, in a user name space, must be able to write it.
            Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("rw-rw-rw-"));
        }
        try (RandomAccessFile sized = new RandomAccessFile(image.toFile(), "rw")) {
            sized.setLength(bytes);
        }
        String suite = options.isSet("--suite") ? options.text("--suite") : DEFAULT_SUITE;
        List<String> packages = options.texts("--packages").stream().flatMap(text -> List.of(text.split(",")).stream()).toList();
        PackageCache cache = GuestCache.ofUser().packages(suite);
        List<String> command = ImageStages.firstStage(suite, packages, cache, image.toString(), bytes / 1024 + "k");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (own, more) -> own + ":" + more);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UserException("image create needs mmdebstrap; on Debian or Ubuntu: apt install mmdebstrap e2fsprogs");
        }
        process.getOutputStream().close();
        String error = "";
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("I: ") && !line.contains("skipping") && !line.contains("success") && !line.contains("hook")) {
                    progress.step("first stage: " + line.substring(3));
                } else if (line.startsWith("E: ") && error.isEmpty()) {
                    error = line;
                }
            }
        }
        int status;
        try {
            status = process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (error.contains(NO_MODE)) {
            throw new UserException("mmdebstrap cannot map users; as another user than root it needs newuidmap and a range of users in /etc/subuid;"
                + " on Debian or Ubuntu: apt install uidmap");
        }
        if (status != 0) {
            throw new UserException("mmdebstrap failed: " + (error.isEmpty() ? "status " + status : error));
        }
        Files.setPosixFilePermissions(image, permissions);
        cache.removeOldVersions();
    }

    private void secondStage(Arguments options, GuestImage guest, Path image, byte[] userData, Progress progress) throws IOException {
        progress.step("second stage: starting the guest, which installs the packages");
        Output output = new Output(progress);
        VirtioBlock disk;
        try {
            disk = new VirtioBlock(RawImage.open(image.toString(), false), "image", "stele-image", Output::report);
        } catch (DiskException e) {
            throw new UserException(e.getMessage());
        }
        VirtioEntropy entropy = new VirtioEntropy();
        Outcome outcome;
        try (GuestMachine machine = backend.create(new MachineConfig(1, options.memory(), options.features(), guest.kernel(), null,
            BootFile.of("initrd", guest.secondStageInitramfs(userData)), APPEND, null, output::take, NoInput.INSTANCE,
            new Translations(GuestCache.ofUser().translationFolder(), null), Recording.NONE, List.of(disk, entropy)))) {
            outcome = machine.run();
        } finally {
            disk.close();
            entropy.close();
        }
        if (outcome != Outcome.POWER_OFF || !"0".equals(output.status)) {
            throw new UserException("the second stage failed; its last words:\n" + output.lastLines());
        }
    }

    /** The second stage's output, line by line. */
    private static final class Output {
        private static final int KEPT = 2000;
        private final Progress progress;
        private final StringBuilder all = new StringBuilder();
        private final StringBuilder line = new StringBuilder();
        private String status;

        Output(Progress progress) {
            this.progress = progress;
        }

        static void report(String text) {
            System.err.println("stele: " + text);
        }

        void take(byte value) {
            if (value == '\r') {
                return;
            }
            if (value != '\n') {
                line.append((char) (value & 0xff));
                return;
            }
            String text = line.toString();
            line.setLength(0);
            if (text.startsWith(ImageStages.STEP)) {
                progress.step("second stage: " + text.substring(ImageStages.STEP.length()));
            } else if (text.startsWith(ImageStages.STATUS)) {
                status = text.substring(ImageStages.STATUS.length());
            }
            all.append(text).append('\n');
            if (all.length() > 2 * KEPT) {
                all.delete(0, all.length() - KEPT);
            }
        }

        String lastLines() {
            return all.substring(Math.max(0, all.length() - KEPT)).strip();
        }
    }
}
