package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import java.io.BufferedReader;
import java.io.IOException;
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
 * or kernel images, each beside its System.map as {@code FILE.map}; {@code dev/check-decoder} fetches some. By default: the libraries of the cross
 * compiler.
 */
class KnownInstructionsTest {
    private static final Path LIBRARIES = Path.of("/usr/aarch64-linux-gnu/lib");
    private static final List<String> NAMES = List.of("libc.so.6", "libm.so.6", "libstdc++.so.6");
    /** Bits 28:25; and with bit 31. */
    private static final int CLASS_MASK = 0x1e00_0000;
    private static final int CLASS_SVE = 0x0400_0000;
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
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                // "  27800:	d503201f 	nop"
                String[] parts = line.split("\t");
                if (parts.length < 3 || parts[1].length() < 8) {
                    continue;
                }
                int word = Integer.parseUnsignedInt(parts[1].substring(0, 8), 16);
                if (isInstruction(word, parts[2])) {
                    words++;
                    int index = Decoder.decode(word);
                    if (index < 0) {
                        note(unknown, parts[2], file, line);
                    } else if (Coverage.STATE[index].equals("todo")) {
                        note(todo, parts[2], file, line);
                    }
                }
            }
        }
        assertTrue(process.waitFor() == 0 && words > 0, () -> "objdump finds no code in " + file);
        return words;
    }

    private static void note(Map<String, Found> found, String mnemonic, Path file, String line) {
        Found each = found.computeIfAbsent(mnemonic, _ -> new Found());
        each.words++;
        if (each.example == null) {
            each.example = file.getFileName() + " " + line.strip().replace('\t', ' ');
        }
    }

    private static boolean isInstruction(int word, String text) {
        return !text.startsWith(".") && !text.equals("udf") && !text.contains("undefined") && (word & CLASS_MASK) != CLASS_SVE
            && (word & SME_MASK) != CLASS_SME;
    }

    private static List<String> command(Path file) throws IOException {
        List<String> command = new ArrayList<>(List.of("aarch64-linux-gnu-objdump"));
        Path map = Path.of(file + ".map");
        if (!Files.isReadable(map)) {
            command.add("-d");
        } else {
            long base = symbol(map, "_text");
            command.addAll(List.of("-D", "-b", "binary", "-m", "aarch64", "--start-address=" + (symbol(map, "_stext") - base),
                "--stop-address=" + (symbol(map, "_etext") - base)));
        }
        command.add(file.toString());
        return command;
    }

    /** Lines of a System.map: {@code ffff800008000000 T _text}. */
    private static long symbol(Path map, String name) throws IOException {
        try (var lines = Files.lines(map)) {
            return Long.parseUnsignedLong(lines.filter(line -> line.endsWith(" " + name)).findFirst().orElseThrow().split(" ")[0], 16);
        }
    }
}
