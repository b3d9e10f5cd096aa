package io.stele.arm64.oracle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Executes instructions with qemu-aarch64: all of a call in one process, which runs harness.S. */
public final class QemuExecutor implements Executor {
    /** Where harness.S is linked; its first two instructions are the exits. */
    public static final long HARNESS_BASE = 0x1000_0000L;
    private static final long EXIT_NEXT = HARNESS_BASE;
    private static final long EXIT_TAKEN = HARNESS_BASE + 4;

    private static final int MRS_X30_TPIDR_EL0 = 0xd53bd05e;
    private static final int B = 0x1400_0000;
    private static final int B_MASK = 0x03ff_ffff;

    private final Path directory;

    /** Assembles the harness in a directory of its own. */
    public QemuExecutor(Path directory) throws IOException, InterruptedException {
        this.directory = directory;
        try (InputStream source = QemuExecutor.class.getResourceAsStream("harness.S")) {
            Files.write(directory.resolve("harness.s"), source.readAllBytes());
        }
        Tools.run(directory, "as.txt", List.of("aarch64-linux-gnu-as", "-o", "harness.o", "harness.s"));
        Tools.run(directory, "ld.txt", List.of("aarch64-linux-gnu-ld", "-Ttext=0x" + Long.toHexString(HARNESS_BASE), "-o", "harness",
            "harness.o"));
    }

    /** Skips the test if a program is missing. */
    public static void requireTools() {
        Tools.require("qemu-aarch64-static", "aarch64-linux-gnu-as", "aarch64-linux-gnu-ld");
    }

    /** Skips the test if QEMU is older: it does not have all that is asked for. */
    public static void requireVersion(Path directory, int major) throws IOException, InterruptedException {
        Tools.run(directory, "version.txt", List.of("qemu-aarch64-static", "--version"));
        String version = Files.readString(directory.resolve("version.txt")).replaceFirst("(?s).*? version (\\d+).*", "$1");
        Assumptions.assumeTrue(Integer.parseInt(version) >= major, () -> "this test needs QEMU " + major + " or newer, not " + version);
    }

    @Override
    public void execute(int[][] words, CpuImage[] states) throws IOException, InterruptedException {
        ByteBuffer records = ByteBuffer.allocate(states.length * CpuImage.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (CpuImage state : states) {
            state.write(records);
        }
        Path stateFile = directory.resolve("states");
        Files.write(stateFile, records.array());
        Files.write(directory.resolve("code"), code(words));
        Tools.run(directory, "qemu.txt", List.of("qemu-aarch64-static", "-cpu", "max", "./harness", "states", "code"));
        ByteBuffer results = ByteBuffer.wrap(Files.readAllBytes(stateFile)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < states.length; i++) {
            states[i].read(results, i);
        }
    }

    /** The code slots of the instructions, as harness.S wants them. */
    public static byte[] code(int[][] words) {
        return code(words, SLOT_BYTES);
    }

    /** The same with slots of another size, which must have room for the instructions and three words. */
    public static byte[] code(int[][] words, int slotBytes) {
        ByteBuffer code = ByteBuffer.allocate(words.length * slotBytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < words.length; i++) {
            int at = i * slotBytes;
            code.putInt(at, MRS_X30_TPIDR_EL0);
            for (int word : words[i]) {
                at += 4;
                code.putInt(at, word);
            }
            code.putInt(at + 4, branch(CODE_BASE + at + 4, EXIT_NEXT));
            code.putInt(at + 8, branch(CODE_BASE + at + 8, EXIT_TAKEN));
        }
        return code.array();
    }

    private static int branch(long from, long to) {
        return B | (int) (to - from >> 2) & B_MASK;
    }
}
