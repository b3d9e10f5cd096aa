package io.stele.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Litmus tests of Arm's memory model (Arm ARM B2.3): threads of a few accesses to x, y and z, and an outcome that the model forbids, or allows.
 * The names are those that herd7 has for such tests; the verdicts were derived by hand from the model, as ordered-before cycles. Each runs for
 * {@code -Dlitmus.millis}, 60 by default; what is forbidden must never be seen.
 */
@Timeout(1800)
class LitmusTest {
    private static final int MILLIS = Integer.getInteger("litmus.millis", 60);
    private static final int LIMIT_MILLIS = 1_700_000;
    /** A table names so many threads. */
    private static final int MOST_THREADS = 4;
    /** How long store buffering may take to be seen. */
    private static final int PATIENCE = 100;

    /**
     * Threads are separated by bars, their accesses by blanks. W, L: store, store-release; R, A, Q: load, load-acquire, LDAPR; X, E: exchange by
     * LDXR and STXR, by LDAXR and STLXR; S, s: SWPAL, SWP. D: a store whose data, a: a load whose address depends on the register behind the
     * comma. dmb, ld, st, dsb: barriers. Registers are numbered through all threads.
     */
    private static final String[][] FORBIDDEN = {
        {"MP+dmbs", "Wx=1 dmb Wy=1 | R0=y dmb R1=x", "0=1 1=0"},
        {"MP+dmb.st+dmb.ld", "Wx=1 st Wy=1 | R0=y ld R1=x", "0=1 1=0"},
        {"MP+rel+acq", "Wx=1 Ly=1 | A0=y R1=x", "0=1 1=0"},
        {"MP+rel+acqpc", "Wx=1 Ly=1 | Q0=y R1=x", "0=1 1=0"},
        {"MP+dmb+addr", "Wx=1 dmb Wy=1 | R0=y a1=x,0", "0=1 1=0"},
        {"MP+swpal+acq", "Wx=1 S2=y,1 | A0=y R1=x", "0=1 1=0"},
        {"MP+stlxr+acq", "Wx=1 E2=y,1 | A0=y R1=x", "0=1 1=0"},
        {"SB+dmbs", "Wx=1 dmb R0=y | Wy=1 dmb R1=x", "0=0 1=0"},
        {"SB+dsbs", "Wx=1 dsb R0=y | Wy=1 dsb R1=x", "0=0 1=0"},
        {"SB+rel-acqs", "Lx=1 A0=y | Ly=1 A1=x", "0=0 1=0"},
        {"SB+rel-acq+dmb", "Lx=1 A0=y | Wy=1 dmb R1=x", "0=0 1=0"},
        {"SB+rmw-dmbs", "X2=x,1 dmb R0=y | X3=y,1 dmb R1=x", "0=0 1=0"},
        {"LB+dmbs", "R0=x dmb Wy=1 | R1=y dmb Wx=1", "0=1 1=1"},
        {"LB+datas", "R0=x Dy=1,0 | R1=y Dx=1,1", "0=1 1=1"},
        {"LB+acqs", "A0=x Wy=1 | A1=y Wx=1", "0=1 1=1"},
        {"LB+rels", "R0=x Ly=1 | R1=y Lx=1", "0=1 1=1"},
        {"S+dmbs", "Wx=2 dmb Wy=1 | R0=y dmb Wx=1", "0=1 x=2"},
        {"S+rel+data", "Wx=2 Ly=1 | R0=y Dx=1,0", "0=1 x=2"},
        {"S+rel+acq", "Wx=2 Ly=1 | A0=y Wx=1", "0=1 x=2"},
        {"R+dmbs", "Wx=1 dmb Wy=1 | Wy=2 dmb R0=x", "0=0 y=2"},
        {"2+2W+dmbs", "Wx=1 dmb Wy=2 | Wy=1 dmb Wx=2", "x=1 y=1"},
        {"2+2W+dmb.sts", "Wx=1 st Wy=2 | Wy=1 st Wx=2", "x=1 y=1"},
        {"2+2W+rels", "Wx=1 Ly=2 | Wy=1 Lx=2", "x=1 y=1"},
        {"CoRR", "Wx=1 | R0=x R1=x", "0=1 1=0"},
        {"CoWR", "Wx=1 R0=x | Wx=2", "0=2 x=1"},
        {"CoRW", "R0=x Wx=1 | Wx=2", "0=1"},
        {"RMW+ldxr", "X0=x,1 | X1=x,2", "0=0 1=0"},
        {"RMW+swp", "s0=x,1 | s1=x,2", "0=0 1=0"},
        {"RMW+mixed", "X0=x,1 | S1=x,2", "0=0 1=0"},
        {"RMW+store", "X0=x,1 | Wx=2", "0=0 x=1"},
        {"WRC+dmbs", "Wx=1 | R0=x dmb Wy=1 | R1=y dmb R2=x", "0=1 1=1 2=0"},
        {"WRC+data+addr", "Wx=1 | R0=x Dy=1,0 | R1=y a2=x,1", "0=1 1=1 2=0"},
        {"WRC+rel+acq", "Wx=1 | R0=x Ly=1 | A1=y R2=x", "0=1 1=1 2=0"},
        {"ISA2+dmb+data+addr", "Wx=1 dmb Wy=1 | R0=y Dz=1,0 | R1=z a2=x,1", "0=1 1=1 2=0"},
        {"ISA2+rel+acq-rel+acq", "Wx=1 Ly=1 | A0=y Lz=1 | A1=z R2=x", "0=1 1=1 2=0"},
        {"IRIW+dmbs", "Wx=1 | Wy=1 | R0=x dmb R1=y | R2=y dmb R3=x", "0=1 1=0 2=1 3=0"},
        {"IRIW+addrs", "Wx=1 | Wy=1 | R0=x a1=y,0 | R2=y a3=x,2", "0=1 1=0 2=1 3=0"},
        {"IRIW+acqs", "Wx=1 | Wy=1 | A0=x R1=y | A2=y R3=x", "0=1 1=0 2=1 3=0"},
    };

    /** Allowed by the model, and by x86's: seen, so the machinery sees what there is to see. */
    private static final String[] STORE_BUFFERING = {"SB", "Wx=1 R0=y | Wy=1 R1=x", "0=0 1=0"};

    @TempDir
    Path directory;

    @Test
    void noForbiddenOutcomeIsSeen() throws IOException, InterruptedException {
        for (int threads = 2; threads <= 4; threads++) {
            int count = threads;
            String[][] tests = Arrays.stream(FORBIDDEN).filter(test -> test[1].split("\\|").length == count).toArray(String[][]::new);
            StringBuilder expected = new StringBuilder();
            for (String[] test : tests) {
                expected.append(test[0]).append(" 0\n");
            }
            assertEquals(expected.toString(), run(tests, threads, MILLIS, false));
        }
    }

    @Test
    void storeBufferingIsSeen() throws IOException, InterruptedException {
        Assumptions.assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one core has one store buffer");
        String console = run(new String[][] {STORE_BUFFERING}, 2, PATIENCE * MILLIS, true);
        assertTrue(console.matches("SB [1-9a-f][0-9a-f]*\n"), console);
    }

    private String run(String[][] tests, int cpus, int millis, boolean stopWhenSeen) throws IOException, InterruptedException {
        byte[] source = new LitmusSource(cpus, millis, stopWhenSeen).program(List.of(tests)).getBytes(StandardCharsets.US_ASCII);
        return new GuestProgram(directory, "litmus", source).cpus(cpus).onStele(Outcome.POWER_OFF, LIMIT_MILLIS);
    }

    /** Text of a program for a list of tests. */
    private record LitmusSource(int cpus, int millis, boolean stopWhenSeen) {
        private static final int FIRST_REGISTER = 10;
        private static final String[] FRAME = {
            "    .include \"common.inc\"",
            "    .arch armv8.3-a+nopan",
            "    .equ SLOTS, 256",
            "    .equ PLACES, 0x44000000",
            "    .equ RESULTS, 0x44100000",
            "    .equ SHARED, 0x44200000",
            "    .equ GENERATION, 0",
            "    .equ DONE, 128",
            "    .equ BODY, 256",
            "    .equ SPIN, 128 * 3",
            "secondary:",
            "    mov x20, x0",
            "    mov x1, #3 << 20",
            "    msr cpacr_el1, x1",
            "    isb",
            "    ldr x21, =SHARED",
            "    mov x19, #0",
            "1:  ldar x1, [x21]",
            "    cmp x1, x19",
            "    b.eq 1b",
            "    mov x19, x1",
            "    add x1, x21, #BODY",
            "    ldr x1, [x1, x20, lsl #3]",
            "    cbz x1, 1b",
            "    bl  perform",
            "    b   1b",
            // x1 = code of this thread, x24 = threads: all slots, then one is added to DONE.
            "perform:",
            "    mov x22, x30",
            "    mov x23, x1",
            "    ldr x24, [x21, #SPIN]",
            "    ldr x1, =PLACES",
            "    ldr x2, =RESULTS",
            "    mov x3, #SLOTS",
            "1:  cbz x24, 3f",
            "    add x4, x1, #384",
            "    mov w5, #1",
            "    ldaddal w5, w6, [x4]",
            "2:  ldar w6, [x4]",
            "    cmp w6, w24",
            "    b.lo 2b",
            "3:  blr x23",
            "    add x1, x1, #512",
            "    add x2, x2, #64",
            "    subs x3, x3, #1",
            "    b.ne 1b",
            "    add x4, x21, #DONE",
            "    mov x5, #1",
            "    ldaddal x5, x6, [x4]",
            "    ret x22",
            // x25 = table: threads, barrier, their codes, the check. x27 = how often the outcome was seen.
            "test:",
            "    mov x29, x30",
            "    mov x27, #0",
            "    mrs x26, cntvct_el0",
            "    ldr x1, =LIMIT",
            "    add x26, x26, x1",
            "4:  ldr x1, =PLACES",
            "    ldr x2, =RESULTS",
            "    mov x3, #SLOTS * 512 / 16",
            "5:  stp xzr, xzr, [x1], #16",
            "    subs x3, x3, #1",
            "    b.ne 5b",
            "    ldr x3, [x25, #8]",
            "    str x3, [x21, #SPIN]",
            "    str xzr, [x21, #DONE]",
            "    add x4, x21, #BODY",
            "    ldp x6, x7, [x25, #16]",
            "    ldp x8, x9, [x25, #32]",
            "    stp x6, x7, [x4]",
            "    stp x8, x9, [x4, #16]",
            "    ldr x3, [x21]",
            "    add x3, x3, #1",
            "    stlr x3, [x21]",
            "    mov x1, x6",
            "    bl  perform",
            "    ldr x3, [x25]",
            "    add x4, x21, #DONE",
            "6:  ldar x5, [x4]",
            "    cmp x5, x3",
            "    b.lo 6b",
            "    ldr x23, [x25, #48]",
            "    ldr x1, =PLACES",
            "    ldr x2, =RESULTS",
            "    mov x3, #SLOTS",
            "7:  mov x4, #1",
            "    blr x23",
            "    add x27, x27, x4",
            "    add x1, x1, #512",
            "    add x2, x2, #64",
            "    subs x3, x3, #1",
            "    b.ne 7b",
            "    .if STOP_WHEN_SEEN",
            "    cbnz x27, 8f",
            "    .endif",
            "    mrs x1, cntvct_el0",
            "    cmp x1, x26",
            "    b.lo 4b",
            "8:  ret x29",
            "main:",
            "    mov x18, x30",
            "    ldr x21, =SHARED",
            "    str xzr, [x21]",
            "    mov x19, #1",
            "1:  mov x1, x19",
            "    adr x2, secondary",
            "    mov x3, x19",
            "    ldr w0, =0xc4000003",
            "    hvc #0",
            "    add x19, x19, #1",
            "    cmp x19, #CPUS",
            "    b.lo 1b",
        };

        String program(List<String[]> tests) {
            int cores = Runtime.getRuntime().availableProcessors();
            List<String> out = new ArrayList<>(List.of(FRAME));
            out.add(0, "    .equ CPUS, " + cpus);
            out.add(1, "    .equ STOP_WHEN_SEEN, " + (stopWhenSeen ? 1 : 0));
            out.add(2, "    .equ LIMIT, " + millis * 62_500L);
            for (int i = 0; i < tests.size(); i++) {
                out.add("    ldr x25, =table" + i);
                out.add("    adr x1, _start");
                out.add("    add x25, x25, x1");
                out.add("    bl  relocate");
                out.add("    bl  test");
                out.add("    show \"" + tests.get(i)[0] + " \", x27");
                out.add("    line");
            }
            out.add("    ret x18");
            // Addresses in a table count from _start.
            out.add("relocate: adr x1, _start");
            for (int word = 2; word < 7; word++) {
                out.add("    ldr x2, [x25, #" + 8 * word + "]");
                out.add("    cbz x2, 1f");
                out.add("    add x2, x2, x1");
                out.add("    str x2, [x25, #" + 8 * word + "]");
                out.add("1:");
            }
            out.add("    ret");
            out.add("    .ltorg");
            for (int i = 0; i < tests.size(); i++) {
                String[] threads = tests.get(i)[1].split("\\|");
                for (int t = 0; t < threads.length; t++) {
                    out.add("body" + i + "_" + t + ":");
                    thread(threads[t].strip().split(" "), out);
                    out.add("    ret");
                }
                out.add("check" + i + ":");
                check(tests.get(i)[2].split(" "), out);
                out.add("    ret");
                out.add("    .balign 8");
                out.add("table" + i + ": .quad " + threads.length + ", " + (threads.length <= cores ? threads.length : 0));
                for (int t = 0; t < MOST_THREADS; t++) {
                    out.add("    .quad " + (t < threads.length ? "body" + i + "_" + t : "0"));
                }
                out.add("    .quad check" + i);
            }
            return String.join("\n", out) + "\n";
        }

        private static String place(char name) {
            return "#" + 128 * (name - 'x');
        }

        /** Accesses to the slot at x1, results to that at x2. */
        private static void thread(String[] operations, List<String> out) {
            List<Integer> results = new ArrayList<>();
            for (String operation : operations) {
                switch (operation) {
                    case "dmb" -> out.add("    dmb ish");
                    case "ld" -> out.add("    dmb ishld");
                    case "st" -> out.add("    dmb ishst");
                    case "dsb" -> out.add("    dsb ish");
                    default -> access(operation, results, out);
                }
            }
            for (int register : results) {
                out.add("    str w" + (FIRST_REGISTER + register) + ", [x2, #" + 8 * register + "]");
            }
        }

        private static void access(String operation, List<Integer> results, List<String> out) {
            char kind = operation.charAt(0);
            boolean store = "WLD".indexOf(kind) >= 0;
            String behind = operation.substring(operation.indexOf('=') + 1);
            int comma = behind.indexOf(',');
            out.add("    add x8, x1, " + place(store ? operation.charAt(1) : behind.charAt(0)));
            if (store) {
                out.add("    mov w9, #" + behind.charAt(0));
                if (kind == 'D') {
                    String source = "w" + (FIRST_REGISTER + Integer.parseInt(behind.substring(comma + 1)));
                    out.add("    eor w7, " + source + ", " + source);
                    out.add("    add w9, w9, w7");
                }
                out.add((kind == 'L' ? "    stlr" : "    str") + " w9, [x8]");
                return;
            }
            int register = operation.charAt(1) - '0';
            String target = "w" + (FIRST_REGISTER + register);
            results.add(register);
            switch (kind) {
                case 'R' -> out.add("    ldr " + target + ", [x8]");
                case 'A' -> out.add("    ldar " + target + ", [x8]");
                case 'Q' -> out.add("    ldapr " + target + ", [x8]");
                case 'a' -> {
                    String source = "w" + (FIRST_REGISTER + Integer.parseInt(behind.substring(comma + 1)));
                    out.add("    eor w7, " + source + ", " + source);
                    out.add("    ldr " + target + ", [x8, w7, uxtw]");
                }
                default -> {
                    out.add("    mov w9, #" + behind.substring(comma + 1));
                    if (kind == 'S' || kind == 's') {
                        out.add((kind == 'S' ? "    swpal" : "    swp") + " w9, " + target + ", [x8]");
                    } else {
                        out.add("9:  " + (kind == 'E' ? "ldaxr " : "ldxr ") + target + ", [x8]");
                        out.add("    " + (kind == 'E' ? "stlxr" : "stxr") + " w7, w9, [x8]");
                        out.add("    cbnz w7, 9b");
                    }
                }
            }
        }

        /** x4 = 1 stays if all is as the condition says. */
        private static void check(String[] condition, List<String> out) {
            for (String term : condition) {
                char name = term.charAt(0);
                out.add(Character.isDigit(name) ? "    ldr w5, [x2, #" + 8 * (name - '0') + "]" : "    ldr w5, [x1, " + place(name) + "]");
                out.add("    cmp w5, #" + term.charAt(2));
                out.add("    csel x4, x4, xzr, eq");
            }
        }
    }
}
