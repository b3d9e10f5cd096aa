package io.stele.tools.fuzz;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.codegen.listing.ListingRows;
import io.stele.tools.Main;
import io.stele.tools.PlainMachine;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.GivenCode;
import io.stele.tools.machine.GuestMachine;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.Outcome;
import io.stele.tools.machine.VirtBackend;
import io.stele.tools.report.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Command lines of known and unknown words: they run, or are refused with a line. The machine that they make ends at once. */
class ArgumentsFuzzTest implements Backend {
    private static final Set<Integer> CODES = Set.of(ExitCode.OK, ExitCode.ERROR, ExitCode.USAGE);
    private static final List<String> VALUED = List.of("--kernel", "--initrd", "--append", "--memory", "--dtb", "--timeout", "--console", "--cpu",
        "--cpus", "--disk", "--code", "--address");
    private static final List<String> FILES = List.of("--dump-dtb", "--dump-code");
    private static final List<String> PLAIN = List.of("--help", "-h", "--version", "--stats", "--", "-", "--bogus", "-z", "--memory=1G", "--kernel=",
        "boot", "dump");
    private static final List<String> VALUES = List.of("", "0", "1", "-1", "64M", "1G", "9999999999999999999G", "1e9", "0x10", "2.5h", "10s", "-5s",
        "NaN", "none", "stdio", "91000421", "91000421 f9400020", "xyz", "9100042", "\u00fc\u4e2d", "a b", "%s%n", "\n", "/", "/dev/null", "/nonexistent/x");

    @TempDir
    Path folder;

    @Override
    public GuestMachine create(MachineConfig config) {
        return new EndingMachine();
    }

    @Override
    public byte[] deviceTree(MachineConfig config) {
        return new VirtBackend().deviceTree(config);
    }

    @Override
    public void listCode(GivenCode code, ListingRows out) throws IOException {
        new VirtBackend().listCode(code, out);
    }

    @Test
    void anyCommandLineRunsOrIsRefused() throws IOException {
        FuzzBudget budget = new FuzzBudget();
        Path kernel = Files.write(folder.resolve("Image"), new byte[4096]);
        while (budget.more()) {
            List<String> arguments = arguments(new SplittableRandom(budget.seed()), kernel);
            StringWriter err = new StringWriter();
            int code;
            try {
                code = new Main(this, new PrintWriter(new StringWriter(), true), new PrintWriter(err, true)).execute(arguments.toArray(new String[0]));
            } catch (RuntimeException | Error e) {
                throw new AssertionError(arguments + "; " + budget.reproduce("arguments"), e);
            }
            String why = arguments + " gave " + code + ": " + err + "; " + budget.reproduce("arguments");
            assertTrue(CODES.contains(code), why);
            assertTrue(code == ExitCode.OK || !err.toString().isBlank(), why);
            assertFalse(err.toString().contains("Exception") || err.toString().contains("internal error") || err.toString().contains("\tat "), why);
        }
    }

    private List<String> arguments(SplittableRandom random, Path kernel) {
        List<String> arguments = new ArrayList<>();
        arguments.add(List.of("boot", "boot", "dump", "", "bogus").get(random.nextInt(5)));
        if (arguments.getFirst().equals("boot") && random.nextInt(4) != 0) {
            // Otherwise it reads this terminal and fetches the default guest.
            arguments.addAll(List.of("--kernel", kernel.toString()));
        } else if (arguments.getFirst().equals("boot")) {
            arguments.addAll(List.of("--kernel", folder.resolve("missing").toString()));
        }
        arguments.addAll(arguments.getFirst().equals("boot") ? List.of("--console", "none") : List.of());
        for (int i = random.nextInt(5); i > 0; i--) {
            switch (random.nextInt(4)) {
                case 0 -> arguments.add(PLAIN.get(random.nextInt(PLAIN.size())));
                case 1 -> arguments.addAll(List.of(FILES.get(random.nextInt(FILES.size())), folder.resolve(random.nextBoolean() ? "out" : "no/out").toString()));
                default -> {
                    arguments.add(VALUED.get(random.nextInt(VALUED.size())));
                    if (random.nextInt(8) != 0) {
                        arguments.add(VALUES.get(random.nextInt(VALUES.size())));
                    }
                }
            }
        }
        return arguments;
    }

    private static final class EndingMachine extends PlainMachine {
        @Override
        public Outcome run() {
            return Outcome.POWER_OFF;
        }

        @Override
        public void requestStop() {
            // It has ended.
        }
    }
}
