package io.stele.tools.guest;

import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Debian's packages of one architecture through apt, with state of its own: the system's architectures, package lists and caches are
 * neither used nor changed. Signatures are checked with the system's Debian keyring; on Ubuntu that one comes from Ubuntu's archive first.
 */
public final class DebianArchive {
    private static final Path SYSTEM_KEYRING = Path.of("/usr/share/keyrings/debian-archive-keyring.gpg");
    private static final Path ETC_APT = Path.of("/etc/apt");

    private final Path work;
    private final Path downloads;
    private final Path configuration;
    private final String architecture;
    private final Progress progress;
    private final String remedy;

    /**
     * @param work an empty folder for everything; the caller removes it
     * @param architecture as Debian names it
     * @param remedy what a user can do who has no network or no Debian: the end of a message
     */
    public DebianArchive(Path work, String architecture, Progress progress, String remedy) {
        this.work = work;
        this.architecture = architecture;
        this.progress = progress;
        this.remedy = remedy;
        downloads = work.resolve("downloads");
        configuration = work.resolve("apt.conf");
    }

    /**
     * Reads the package lists: from the mirror that this Debian uses if it has the packages, else from Debian's own.
     *
     * @throws UserException if there is no network, or no Debian
     */
    public void update(List<String> packages) throws IOException {
        Files.createDirectories(downloads);
        String sources = Files.isDirectory(ETC_APT) ? AptSources.ofDebian(ETC_APT) : "";
        if (!sources.isEmpty()) {
            configure(sources);
            if (readLists().status() == 0 && candidatesExist(packages)) {
                return;
            }
        }
        configure(AptSources.standard(keyring()));
        Commands.Result result = readLists();
        if (result.status() != 0) {
            throw new UserException("cannot fetch from Debian (is there a network?): " + reason(result.output()) + ". Without a network " + remedy);
        }
    }

    private Commands.Result readLists() throws IOException {
        progress.step("reading Debian's package lists");
        return Commands.run(downloads, command("apt-get", List.of("update", "-o", "APT::Update::Error-Mode=any")));
    }

    private boolean candidatesExist(List<String> packages) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("show", "--no-all-versions"));
        arguments.addAll(packages);
        return Commands.run(downloads, command("apt-cache", arguments)).status() == 0;
    }

    private void configure(String sources) throws IOException {
        Files.createDirectories(work.resolve("state/lists/partial"));
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
            APT::Architecture "ARCHITECTURE";
            APT::Architectures { "ARCHITECTURE"; };
            APT::Install-Recommends "false";
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
            """.replace("WORK", work.toString()).replace("ARCHITECTURE", architecture));
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
        throw new UserException("Debian's archive keys are missing; install the package debian-archive-keyring, or " + remedy + ": "
            + reason(result.output()));
    }

    /** What a package depends on directly, by name, the first of each line of alternatives. */
    public List<String> dependencies(String name) throws IOException {
        List<String> names = new ArrayList<>();
        Commands.Result result = apt("look for " + name, "apt-cache", List.of("depends", "--important", name));
        for (String line : result.output().split("\n")) {
            String text = line.strip();
            if (text.startsWith("Depends: ")) {
                names.add(text.substring("Depends: ".length()));
            }
        }
        return names;
    }

    /** Downloads packages, without what they depend on. @return their files, in the order of the names */
    public List<Path> download(List<String> names) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("download"));
        arguments.addAll(names);
        apt("download the packages", "apt-get", arguments);
        List<Path> files = new ArrayList<>();
        for (String name : names) {
            files.add(downloaded(downloads, name));
        }
        return files;
    }

    /** Downloads packages and all that they depend on. @return the files */
    public List<Path> downloadAll(List<String> names) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("install", "--simulate", "-qq"));
        arguments.addAll(names);
        Commands.Result plan = apt("find what " + String.join(" ", names) + " depends on", "apt-get", arguments);
        arguments.set(1, "--download-only");
        arguments.add("-y");
        apt("download the packages", "apt-get", arguments);
        List<Path> files = new ArrayList<>();
        for (String line : plan.output().split("\n")) {
            if (line.startsWith("Inst ")) {
                String name = line.substring("Inst ".length()).split(" ", 2)[0];
                int colon = name.indexOf(':');
                files.add(downloaded(work.resolve("cache/archives"), colon < 0 ? name : name.substring(0, colon)));
            }
        }
        return files;
    }

    private Commands.Result apt(String what, String program, List<String> arguments) throws IOException {
        Commands.Result result = Commands.run(downloads, command(program, arguments));
        if (result.status() != 0) {
            throw new UserException("cannot " + what + ": " + reason(result.output()));
        }
        return result;
    }

    private List<String> command(String program, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(program, "-c", configuration.toString()));
        command.addAll(arguments);
        return command;
    }

    private static Path downloaded(Path folder, String name) throws IOException {
        Path file = find(folder, name);
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
    static String reason(String output) {
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
