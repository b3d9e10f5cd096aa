package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.Disassembler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Instructions with the states they are to be executed on, and the comparison of two executors over them. */
public final class Cases {
    /** Integer values where something changes. */
    private static final long[] EDGES = {
        0, 1, -1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL, 0x1_0000_0000L,
        0xffff_ffff_8000_0000L, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1, 0x5555_5555_5555_5555L, 0x0123_4567_89ab_cdefL,
    };

    private final List<int[]> words = new ArrayList<>();
    private final List<CpuImage> states = new ArrayList<>();
    private final SplittableRandom random;

    public Cases(long seed) {
        random = new SplittableRandom(seed);
    }

    public SplittableRandom random() {
        return random;
    }

    public int size() {
        return words.size();
    }

    /** Instructions of all cases. */
    public int instructions() {
        return words.stream().mapToInt(each -> each.length).sum();
    }

    /** Address of the first instruction of the case that {@link #add} adds next. */
    public long nextAddress() {
        return Executor.address(words.size());
    }

    public void add(CpuImage state, int... instructions) {
        words.add(instructions);
        states.add(state);
    }

    /** The instructions of all cases. */
    public int[][] words() {
        return words.toArray(int[][]::new);
    }

    /** Copies of the states of all cases. */
    public CpuImage[] states() {
        return CpuImage.copy(states.toArray(CpuImage[]::new));
    }

    /** Number {@code k} of the values that {@link #edge} cycles through. */
    public static long edge(int k) {
        return EDGES[k % EDGES.length];
    }

    public static int edges() {
        return EDGES.length;
    }

    /** Registers, flags, vectors and memory with edge values and random ones. */
    public CpuImage randomState() {
        CpuImage state = CpuImage.allocate(1)[0];
        for (int n = 0; n < 32; n++) {
            state.x(n, randomValue());
            state.v(n, 0, random.nextLong());
            state.v(n, 1, random.nextLong());
        }
        state.nzcv(random.nextInt(16));
        for (int i = 0; i < CpuImage.MEMORY_BYTES; i++) {
            state.memory(i, (byte) random.nextInt());
        }
        return state;
    }

    /** An edge value, an edge value with some bits changed, or a random one. */
    public long randomValue() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> edge(random.nextInt(EDGES.length)) + random.nextInt(-3, 4);
            default -> edge(random.nextInt(EDGES.length));
        };
    }

    /** Asserts that both executors leave equal states. FPSR is compared under {@code fpsrMask}. */
    public void assertEqual(Executor reference, Executor subject, long fpsrMask) throws IOException, InterruptedException {
        int[][] code = words();
        CpuImage[] expected = states();
        CpuImage[] actual = states();
        reference.execute(code, expected);
        subject.execute(code, actual);
        List<String> failures = new ArrayList<>();
        for (int i = 0; i < code.length; i++) {
            String difference = expected[i].difference(actual[i], fpsrMask);
            if (!difference.isEmpty()) {
                failures.add(describe(i) + ":" + difference);
            }
        }
        assertNone(failures);
    }

    /** Asserts that no case differs. */
    public void assertNone(List<String> failures) {
        int shown = Math.min(failures.size(), Integer.getInteger("oracle.failures", 40));
        assertTrue(failures.isEmpty(), () -> failures.size() + " of " + words.size() + " cases differ (expected / actual):\n"
            + String.join("\n", failures.subList(0, shown)));
    }

    /** The instructions and the values of the registers that their text names. */
    public String describe(int i) {
        CpuImage before = states.get(i);
        StringBuilder text = new StringBuilder();
        long address = Executor.address(i);
        StringBuilder operands = new StringBuilder();
        for (int word : words.get(i)) {
            text.append(text.isEmpty() ? "" : "; ").append("0x").append(Integer.toHexString(word)).append(' ')
                .append(Disassembler.disassemble(word, address));
            address += 4;
        }
        for (int n = 0; n < 32; n++) {
            if (text.toString().matches(n == 31 ? "(?s).*\\bw?sp\\b.*" : "(?s).*\\b[xw]" + n + "\\b.*")) {
                operands.append(n == 31 ? " sp" : " x" + n).append("=0x").append(Long.toHexString(before.x(n)));
            }
            if (text.toString().matches("(?s).*\\b[bhsdqv]" + n + "\\b.*")) {
                operands.append(" v").append(n).append("=0x").append(Long.toHexString(before.v(n, 1))).append('_')
                    .append(Long.toHexString(before.v(n, 0)));
            }
        }
        return text.append(" [").append(operands.toString().strip()).append(" nzcv=").append(Integer.toBinaryString(before.nzcv()))
            .append(']').toString();
    }
}
