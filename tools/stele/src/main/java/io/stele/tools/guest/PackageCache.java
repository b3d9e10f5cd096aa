package io.stele.tools.guest;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Debian packages that were downloaded for earlier disk images, in a folder, under the names that apt gives them. */
public final class PackageCache {
    /**
     * Leaves of the cached packages in the new system those that belong into it. What apt is going to download is known before it does, with
     * a checksum; what is not in that list is not to be installed, or another version, or damaged. Its list is made once: mmdebstrap finds
     * that it is there.
     */
    private static final String SELECT = """
        set -e
        cd "$1/var/cache/apt/archives"
        mkdir cached
        for package in *.deb; do
            [ ! -e "$package" ] || mv "$package" cached/
        done
        export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
        echo 'I: reading the lists of packages' >&2
        apt-get -qq --error-on=any update >/dev/null
        apt-get -qq -o Acquire::ForceHash=SHA256 --print-uris install PACKAGES >cached/wanted
        wanted=0
        found=0
        while read -r address package size sum; do
            wanted=$((wanted + 1))
            if [ -f "cached/$package" ] && echo "${sum#SHA256:} *cached/$package" | sha256sum --check --status 2>/dev/null; then
                mv "cached/$package" .
                found=$((found + 1))
            fi
        done <cached/wanted
        rm -r cached
        echo "I: of $wanted packages, $found are in the cache" >&2
        """;

    private final Path folder;

    /** @param folder that is there */
    PackageCache(Path folder) {
        this.folder = folder;
    }

    /**
     * Options of mmdebstrap with which it installs packages, taken from the folder, and puts there what it had to download.
     *
     * @param packages as apt takes them: names and patterns
     */
    List<String> options(List<String> packages) {
        String quoted = GuestScripts.shellQuote(folder.toString());
        String archives = " /var/cache/apt/archives";
        List<String> options = new ArrayList<>();
        for (String one : packages) {
            // With several in one option a pattern would take the others for a part of it.
            options.add("--include=" + one);
        }
        options.addAll(List.of("--setup-hook=mkdir -p \"$1\"" + archives.strip(), "--setup-hook=sync-in " + quoted + archives,
            "--setup-hook=" + SELECT.replace(" PACKAGES", GuestScripts.quoted(packages)), "--extract-hook=sync-out" + archives + " " + quoted));
        return options;
    }

    /** Removes packages of which there is a newer one: apt gives files the time that they have on the server. */
    public void removeOldVersions() throws IOException {
        Map<String, Path> newest = new HashMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.deb")) {
            for (Path file : files) {
                String[] parts = file.getFileName().toString().split("_");
                String nameAndArchitecture = parts[0] + "_" + parts[parts.length - 1];
                Path other = newest.get(nameAndArchitecture);
                if (other == null || Files.getLastModifiedTime(file).compareTo(Files.getLastModifiedTime(other)) > 0) {
                    newest.put(nameAndArchitecture, file);
                    if (other != null) {
                        Files.delete(other);
                    }
                } else {
                    Files.delete(file);
                }
            }
        }
    }
}
