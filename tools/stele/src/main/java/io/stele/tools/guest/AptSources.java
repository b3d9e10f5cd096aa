package io.stele.tools.guest;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Finds, among the package sources of a Debian system, those of Debian itself, so that its mirror and release are used for the guest, too. */
final class AptSources {
    private AptSources() {
    }

    /**
     * The sources in deb822 form, one stanza after the other, without any restriction to the host's architecture; empty if there are none
     * (as on Ubuntu).
     *
     * @param etcApt the folder /etc/apt
     */
    static String ofDebian(Path etcApt) throws IOException {
        StringBuilder result = new StringBuilder();
        for (Path file : files(etcApt)) {
            if (file.toString().endsWith(".sources")) {
                stanzas(Files.readString(file), result);
            } else {
                for (String line : Files.readAllLines(file)) {
                    oneLine(line.strip(), result);
                }
            }
        }
        return result.toString();
    }

    /** The source for a system that has none of its own. @param keyring file with Debian's archive keys */
    static String standard(Path keyring) {
        StringBuilder result = new StringBuilder();
        stanza("http://deb.debian.org/debian", "stable", "main", keyring.toString(), result);
        return result.toString();
    }

    private static List<Path> files(Path etcApt) throws IOException {
        List<Path> files = new ArrayList<>();
        Path list = etcApt.resolve("sources.list");
        if (Files.isReadable(list)) {
            files.add(list);
        }
        Path parts = etcApt.resolve("sources.list.d");
        if (Files.isDirectory(parts)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(parts, "*.{list,sources}")) {
                for (Path entry : entries) {
                    if (Files.isReadable(entry)) {
                        files.add(entry);
                    }
                }
            }
        }
        Collections.sort(files);
        return files;
    }

    private static void stanzas(String text, StringBuilder result) {
        String types = "";
        String uris = "";
        String suites = "";
        String components = "";
        String keys = "";
        boolean enabled = true;
        // A blank line at the end closes the last stanza.
        for (String line : (text + "\n\n").split("\n", -1)) {
            if (line.isBlank()) {
                if (enabled && (" " + types + " ").contains(" deb ")) {
                    stanza(uris, suites, components, keys, result);
                }
                types = "";
                uris = "";
                suites = "";
                components = "";
                keys = "";
                enabled = true;
                continue;
            }
            int colon = line.indexOf(':');
            if (line.startsWith("#") || line.startsWith(" ") || colon < 0) {
                continue;
            }
            String value = line.substring(colon + 1).strip();
            switch (line.substring(0, colon).toLowerCase(Locale.ROOT)) {
                case "types" -> types = value;
                case "uris" -> uris = value;
                case "suites" -> suites = value;
                case "components" -> components = value;
                case "signed-by" -> keys = value;
                case "enabled" -> enabled = !value.equalsIgnoreCase("no");
                default -> {
                }
            }
        }
    }

    private static void oneLine(String line, StringBuilder result) {
        if (!line.startsWith("deb ") && !line.startsWith("deb\t") && !line.startsWith("deb[")) {
            return;
        }
        String rest = line.substring(3).strip();
        String keys = "";
        if (rest.startsWith("[")) {
            int close = rest.indexOf(']');
            if (close < 0) {
                return;
            }
            for (String option : rest.substring(1, close).strip().split("\\s+")) {
                if (option.startsWith("signed-by=")) {
                    keys = option.substring("signed-by=".length());
                }
            }
            rest = rest.substring(close + 1).strip();
        }
        int comment = rest.indexOf('#');
        String[] words = (comment < 0 ? rest : rest.substring(0, comment)).strip().split("\\s+", 3);
        if (words.length == 3) {
            stanza(words[0], words[1], words[2], keys, result);
        }
    }

    /** Debian's archives end in /debian or /debian-security and have a component "main"; those of others that look alike do not. */
    private static void stanza(String uris, String suites, String components, String keys, StringBuilder result) {
        String uri = uris.endsWith("/") ? uris.substring(0, uris.length() - 1) : uris;
        boolean debian = uri.endsWith("/debian") || uri.endsWith("/debian-security") || uri.endsWith("security.debian.org");
        if (!debian || !(" " + components + " ").contains(" main ")) {
            return;
        }
        result.append("Types: deb\nURIs: ").append(uris).append("\nSuites: ").append(suites).append("\nComponents: main\n");
        if (!keys.isEmpty()) {
            result.append("Signed-By: ").append(keys).append('\n');
        }
        result.append('\n');
    }
}
