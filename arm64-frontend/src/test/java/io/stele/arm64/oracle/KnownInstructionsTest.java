package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What binutils finds in the code of programs, SVE and SME apart, is in the description. {@code -Ddecoder.files=FILE:FILE} names them: ELF files,
 * or kernel images; {@code dev/check-decoder} fetches some. By default: the libraries of the cross compiler.
 */
class KnownInstructionsTest {
    private static final Path LIBRARIES = Path.of("/usr/aarch64-linux-gnu/lib");
    private static final List<String> NAMES = List.of("libc.so.6", "libm.so.6", "libstdc++.so.6");
    /** Bits 28:25; and with bit 31. */
    private static final int CLASS_MASK = 0x1e00_0000;
    private static final int CLASS_SVE = 0x0400_0000;
    /** Of so many words in a page of code one may be undefined. */
    private static final int UNDEFINED_IN = 50;
    private static final int SME_MASK = 0x9e00_0000;
    private static final int CLASS_SME = 0x8000_0000;

    /** Words that an instruction has in the code, and an example. */
    private static final class Found {
        long words;
        String example;
    }

    @Test
    void everyInstructionOfPrograms() throws IOException, InterruptedException {
        Tools.require("aarch64-linux-gnu-objdump");
        List<Path> files = files();
        Assumptions.assumeFalse(files.isEmpty(), "no files");
        Map<String, Found> unknown = new TreeMap<>();
        Map<String, Found> todo = new TreeMap<>();
        for (Path file : files) {
            long words = check(file, unknown, todo);
            System.out.println(file.getFileName() + ": " + words + " instructions");
        }
        System.out.println("described, but without behaviour: " + text(todo));
        assertTrue(unknown.isEmpty(), () -> "not in the description: " + text(unknown));
    }

    private static List<Path> files() {
        String property = System.getProperty("decoder.files");
        List<Path> files = new ArrayList<>();
        if (property != null) {
            for (String name : property.split(":")) {
                files.add(Path.of(name));
            }
        } else {
            NAMES.stream().map(LIBRARIES::resolve).filter(Files::isReadable).forEach(files::add);
        }
        return files;
    }

    private static String text(Map<String, Found> found) {
        return found.isEmpty() ? "none" : found.entrySet().stream().map(each -> each.getKey() + " (" + each.getValue().words + " words, "
            + each.getValue().example + ")").collect(Collectors.joining("\n  ", "\n  ", ""));
    }

    private static long check(Path file, Map<String, Found> unknown, Map<String, Found> todo) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command(file)).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        long words = 0;
        List<String[]> page = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                // "  27800:	d503201f 	nop"
                String[] parts = line.split("\t", 4);
                if (parts.length >= 3 && parts[1].length() >= 8) {
                    page.add(parts);
                    if (parts[0].endsWith("ffc:")) {
                        words += check(file, page, unknown, todo);
                        page.clear();
                    }
                }
            }
        }
        words += check(file, page, unknown, todo);
        long found = words;
        assertTrue(process.waitFor() == 0 && found > 0, () -> "objdump finds no code in " + file);
        return words;
    }

    /** The lines of a page; those of one that has more than a few undefined words are data. */
    private static int check(Path file, List<String[]> page, Map<String, Found> unknown, Map<String, Found> todo) {
        long undefined = page.stream().filter(parts -> isUndefined(parts[2])).count();
        if (undefined * UNDEFINED_IN > page.size()) {
            return 0;
        }
        for (String[] parts : page) {
            int word = Integer.parseUnsignedInt(parts[1].substring(0, 8), 16);
            if (!isUndefined(parts[2]) && !isOfSveOrSme(word)) {
                int index = Decoder.decode(word);
                if (index < 0) {
                    note(unknown, parts, file);
                } else if (Coverage.STATE[index].equals("todo")) {
                    note(todo, parts, file);
                }
            }
        }
        return page.size();
    }

    private static void note(Map<String, Found> found, String[] parts, Path file) {
        Found each = found.computeIfAbsent(parts[2].strip(), _ -> new Found());
        each.words++;
        if (each.example == null) {
            each.example = file.getFileName() + " " + String.join(" ", parts).strip();
        }
    }

    private static boolean isUndefined(String text) {
        return text.startsWith(".") || text.startsWith("udf") || text.contains("undefined");
    }

    private static boolean isOfSveOrSme(int word) {
        return (word & CLASS_MASK) == CLASS_SVE || (word & SME_MASK) == CLASS_SME;
    }

    /** Everything in what is not an ELF file. */
    private static List<String> command(Path file) throws IOException {
        byte[] magic = new byte[4];
        try (InputStream in = Files.newInputStream(file)) {
            in.readNBytes(magic, 0, magic.length);
        }
        List<String> command = new ArrayList<>(List.of("aarch64-linux-gnu-objdump"));
        command.addAll(magic[1] == 'E' && magic[2] == 'L' && magic[3] == 'F' ? List.of("-d") : List.of("-D", "-b", "binary", "-m", "aarch64"));
        command.add(file.toString());
        return command;
    }
}
