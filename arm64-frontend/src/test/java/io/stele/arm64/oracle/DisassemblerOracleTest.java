package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.Disassembler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decoder and disassembler against LLVM and binutils, over words of every row of the description and over random words. */
class DisassemblerOracleTest {
    private static final long BASE = 0x1000_0000L;
    private static final int SAMPLES = 80;
    private static final int RANDOM_WORDS = 20_000;
    /** Failures of one kind that a message shows. */
    private static final int SHOWN = 3;
    private static final String ATTRIBUTES = "+v8.5a,+lse,+crc,+aes,+sha2,+sha3,+sm4,+fullfp16,+fp16fml,+dotprod,+bf16,+i8mm,+rdm,"
        + "+complxnum,+jsconv,+mte,+pauth,+flagm,+altnzcv,+fptoint,+rcpc,+rcpc-immo,+lor,+ras,+spe,+pan-rwv,+ccpp,+ccdp,+predres,+rand,"
        + "+ssbs,+bti,+sb,+specrestrict,+uaops,+dit,+nv,+mpam,+sel2,+tlb-rmi,+tracev8.4,+wfxt,+perfmon,+vh,+am,+amvs,+mops";

    @TempDir
    Path directory;

    @Test
    void textIsThatOfLlvm() throws IOException, InterruptedException {
        Tools.require("llvm-objdump", "aarch64-linux-gnu-as", "aarch64-linux-gnu-ld");
        int[] words = words();
        assemble(words);
        Tools.run(directory, "llvm.txt",
            List.of("llvm-objdump", "-d", "-z", "--no-show-raw-insn", "--mattr=" + ATTRIBUTES, "words.elf"));
        compare(words, listing("llvm.txt", words.length), new LlvmText());
    }

    @Test
    void textIsThatOfBinutils() throws IOException, InterruptedException {
        Tools.require("aarch64-linux-gnu-objdump", "aarch64-linux-gnu-as", "aarch64-linux-gnu-ld");
        int[] words = words();
        assemble(words);
        Tools.run(directory, "binutils.txt",
            List.of("aarch64-linux-gnu-objdump", "-d", "-z", "--no-show-raw-insn", "-M", "notes", "words.elf"));
        compare(words, listing("binutils.txt", words.length), new BinutilsText());
    }

    private static int[] words() {
        SplittableRandom random = new SplittableRandom(20);
        List<Pattern> patterns = Pattern.all();
        int[] words = new int[patterns.size() * SAMPLES + RANDOM_WORDS];
        int n = 0;
        for (Pattern pattern : patterns) {
            for (int i = 0; i < SAMPLES; i++) {
                words[n++] = pattern.sample(random);
            }
        }
        while (n < words.length) {
            words[n++] = random.nextInt();
        }
        return words;
    }

    private void assemble(int[] words) throws IOException, InterruptedException {
        StringBuilder source = new StringBuilder("\t.text\n");
        for (int word : words) {
            source.append("\t.inst 0x").append(Integer.toHexString(word)).append('\n');
        }
        Files.writeString(directory.resolve("words.s"), source);
        Tools.run(directory, "as.txt", List.of("aarch64-linux-gnu-as", "-o", "words.o", "words.s"));
        Tools.run(directory, "ld.txt", List.of("aarch64-linux-gnu-ld", "-Ttext=0x" + Long.toHexString(BASE), "-e", "0", "-o", "words.elf",
            "words.o"));
    }

    /** The text of each word in a listing of objdump. */
    private String[] listing(String file, int count) throws IOException {
        String[] texts = new String[count];
        int n = 0;
        for (String line : Files.readAllLines(directory.resolve(file))) {
            int colon = line.indexOf(":");
            if (colon > 0 && line.substring(0, colon).strip().equals(Long.toHexString(BASE + 4L * n))) {
                texts[n++] = line.substring(colon + 1).strip();
            }
        }
        assertEquals(count, n, "instructions in " + file);
        return texts;
    }

    private static void compare(int[] words, String[] expected, OracleText oracle) {
        Map<String, List<String>> failures = new TreeMap<>();
        int failed = 0;
        int compared = 0;
        for (int i = 0; i < words.length; i++) {
            int word = words[i];
            long address = BASE + 4L * i;
            int index = Decoder.decode(word);
            String ours = index >= 0 ? OracleText.normalise(Disassembler.disassemble(word, address)) : OracleText.UNKNOWN;
            String theirs = oracle.text(expected[i], address);
            if (!ours.equals(theirs) && !oracle.mayDiffer(word, ours, theirs)) {
                failed++;
                String kind = index >= 0 ? Coverage.NAMES[index] : "not described, oracle " + theirs.split(" ")[0];
                failures.computeIfAbsent(kind, k -> new ArrayList<>())
                    .add("0x" + Integer.toHexString(word) + ": '" + ours + "', oracle '" + theirs + "'");
            }
            compared += index >= 0 ? 1 : 0;
        }
        assertEquals(0, failed, () -> "different texts:\n" + summary(failures));
        assertTrue(compared > words.length / 2, "fewer than half of the words are instructions: " + compared);
    }

    /** A few failures of each kind. */
    private static String summary(Map<String, List<String>> failures) {
        StringBuilder text = new StringBuilder();
        failures.forEach((kind, list) -> {
            text.append(kind).append(" (").append(list.size()).append(")\n");
            for (String failure : list.subList(0, Math.min(list.size(), SHOWN))) {
                text.append("    ").append(failure).append('\n');
            }
        });
        return text.toString();
    }
}
