package io.stele.tools.guest;

import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Fetches Debian's current arm64 kernel and busybox through apt, with state of its own: the system's architectures, package lists and caches are
 * neither used nor changed. Signatures are checked with the system's Debian keyring; on Ubuntu that one comes from Ubuntu's archive first.
 */
final class GuestFetcher {
    private static final Path SYSTEM_KEYRING = Path.of("/usr/share/keyrings/debian-archive-keyring.gpg");
    private static final Path ETC_APT = Path.of("/etc/apt");
    private static final String KERNEL_METAPACKAGE = "linux-image-arm64";
    private static final String BUSYBOX_PACKAGE = "busybox-static";

    private final Path work;
    private final Path downloads;
    private final Path configuration;
    private final Progress progress;

    /** @param work an empty folder for everything; the caller removes it */
    GuestFetcher(Path work, Progress progress) {
        this.work = work;
        this.progress = progress;
        downloads = work.resolve("downloads");
        configuration = work.resolve("apt.conf");
    }

    /** Leaves the files {@code kernel} and {@code busybox} and a description in {@code version}, in a folder. */
    void fetchInto(Path target) throws IOException {
        Files.createDirectories(downloads);
        progress.step("the default guest is not here yet; fetching Debian's arm64 kernel and busybox (once, 60 MB)");
        updateLists();
        String kernelPackage = kernelPackage();
        progress.step("fetching " + kernelPackage + " and " + BUSYBOX_PACKAGE);
        apt("download the packages", "apt-get", "download", kernelPackage, BUSYBOX_PACKAGE);
        progress.step("unpacking them");
        Path kernelDeb = downloaded(kernelPackage);
        if (!Commands.pipeToFile(List.of("dpkg-deb", "--fsys-tarfile", kernelDeb.toString()),
            List.of("tar", "-xO", "--wildcards", "./boot/vmlinuz-*"), target.resolve("kernel"))) {
            throw new UserException("cannot unpack the kernel from " + kernelDeb.getFileName());
        }
        Path unpacked = work.resolve("busybox");
        Commands.Result result = Commands.run(work, List.of("dpkg-deb", "-x", downloaded(BUSYBOX_PACKAGE).toString(), unpacked.toString()));
        Path busybox = unpacked.resolve("bin/busybox");
        if (!Files.exists(busybox)) {
            busybox = unpacked.resolve("usr/bin/busybox");
        }
        if (result.status() != 0 || !Files.exists(busybox)) {
            throw new UserException("cannot unpack busybox: " + reason(result.output()));
        }
        Files.move(busybox, target.resolve("busybox"), StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(target.resolve("version"), kernelDeb.getFileName() + "\n" + downloaded(BUSYBOX_PACKAGE).getFileName() + "\n");
    }

    /** Reads the package lists: from the mirror that this Debian uses, else from Debian's own. */
    private void updateLists() throws IOException {
        String sources = Files.isDirectory(ETC_APT) ? AptSources.ofDebian(ETC_APT) : "";
        if (!sources.isEmpty()) {
            configure(sources);
            if (update().status() == 0 && candidateExists()) {
                return;
            }
        }
        configure(AptSources.standard(keyring()));
        Commands.Result result = update();
        if (result.status() != 0) {
            throw new UserException("cannot fetch the default guest (is there a network?): " + reason(result.output())
                + ". Without a network give --kernel and --initrd");
        }
    }

    private Commands.Result update() throws IOException {
        progress.step("reading Debian's package lists");
        return Commands.run(downloads, command("apt-get", "update", "-o", "APT::Update::Error-Mode=any"));
    }

    private boolean candidateExists() throws IOException {
        Commands.Result result = Commands.run(downloads, command("apt-cache", "show", "--no-all-versions", KERNEL_METAPACKAGE, BUSYBOX_PACKAGE));
        return result.status() == 0;
    }

    private void configure(String sources) throws IOException {
        Path lists = work.resolve("state/lists/partial");
        Files.createDirectories(lists);
        Files.createDirectories(work.resolve("cache/archives/partial"));
        Files.createDirectories(work.resolve("empty"));
        Files.writeString(work.resolve("status"), "");
        Files.writeString(work.resolve("debian.sources"), sources);
        Files.writeString(configuration, """
            #clear APT::Architectures;
            #clear APT::Update::Pre-Invoke;
            #clear APT::Update::Post-Invoke;
            #clear APT::Update::Post-Invoke-Success;
            #clear DPkg::Pre-Invoke;
            #clear DPkg::Post-Invoke;
            APT::Architecture "arm64";
            APT::Architectures { "arm64"; };
            APT::Sandbox::User "";
            Acquire::Languages "none";
            Acquire::Retries "2";
            Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
            Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
            Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
            Dir::State "WORK/state";
            Dir::State::status "WORK/status";
            Dir::State::lists "WORK/state/lists";
            Dir::Cache "WORK/cache";
            Dir::Etc::sourcelist "WORK/debian.sources";
            Dir::Etc::sourceparts "WORK/empty";
            Dir::Etc::preferences "WORK/empty/none";
            Dir::Etc::preferencesparts "WORK/empty";
            """.replace("WORK", work.toString()));
    }

    /** The keys that Debian signs its archive with. */
    private Path keyring() throws IOException {
        if (Files.isReadable(SYSTEM_KEYRING)) {
            return SYSTEM_KEYRING;
        }
        progress.step("fetching Debian's archive keys (debian-archive-keyring) from this system's own archive");
        Path folder = Files.createDirectories(work.resolve("keyring"));
        Commands.Result result = Commands.run(folder, List.of("apt-get", "download", "debian-archive-keyring"));
        Path packageFile = find(folder, "debian-archive-keyring");
        if (result.status() == 0 && packageFile != null
            && Commands.run(folder, List.of("dpkg-deb", "-x", packageFile.toString(), folder.toString())).status() == 0) {
            for (String name : List.of("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")) {
                Path keys = folder.resolve("usr/share/keyrings").resolve(name);
                if (Files.isReadable(keys)) {
                    return keys;
                }
            }
        }
        throw new UserException("Debian's archive keys are missing; install the package debian-archive-keyring, or give --kernel and --initrd: "
            + reason(result.output()));
    }

    /** What the metapackage depends on, for example linux-image-6.1.0-56-arm64. */
    private String kernelPackage() throws IOException {
        Commands.Result result = apt("look for the kernel", "apt-cache", "depends", "--important", KERNEL_METAPACKAGE);
        for (String line : result.output().split("\n")) {
            String text = line.strip();
            if (text.startsWith("Depends: linux-image-")) {
                return text.substring("Depends: ".length());
            }
        }
        throw new UserException("the package " + KERNEL_METAPACKAGE + " names no kernel; give --kernel and --initrd");
    }

    private Commands.Result apt(String what, String program, String... arguments) throws IOException {
        Commands.Result result = Commands.run(downloads, command(program, arguments));
        if (result.status() != 0) {
            throw new UserException("cannot " + what + ": " + reason(result.output()));
        }
        return result;
    }

    private List<String> command(String program, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(program);
        command.add("-c");
        command.add(configuration.toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private Path downloaded(String name) throws IOException {
        Path file = find(downloads, name);
        if (file == null) {
            throw new UserException("apt did not leave a package file of " + name);
        }
        return file;
    }

    private static Path find(Path folder, String packageName) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, packageName + "_*.deb")) {
            for (Path file : files) {
                return file;
            }
        }
        return null;
    }

    /** apt's own first word on what went wrong. */
    private static String reason(String output) {
        for (String prefix : List.of("E: ", "Err:", "W: ")) {
            for (String line : output.split("\n")) {
                if (line.startsWith(prefix)) {
                    return line.strip();
                }
            }
        }
        return "apt gave no reason";
    }
}
