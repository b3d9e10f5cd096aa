package io.stele.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.system.CpuFeatures;
import io.stele.codegen.listing.ListingRows;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.GivenCode;
import io.stele.tools.machine.GuestMachine;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.MachineException;
import io.stele.tools.machine.Outcome;
import io.stele.tools.machine.Recording;
import io.stele.tools.report.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Options, messages and exit codes, with a machine that only plays what a test gives it. */
@Timeout(30)
class CommandLineTest implements Backend {
    @TempDir
    Path folder;
    private Path kernel;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final List<MachineConfig> configs = new ArrayList<>();
    private final Queue<Object> script = new ArrayDeque<>();
    private int[] words;

    @BeforeEach
    void makeKernel() throws IOException {
        kernel = Files.writeString(folder.resolve("Image"), "kernel");
    }

    private int stele(String... arguments) {
        return new Main(this, new PrintWriter(out, true), new PrintWriter(err, true)).execute(arguments);
    }

    private int boot(String... options) {
        List<String> arguments = new ArrayList<>(List.of("boot", "--console", "none", "--kernel", kernel.toString()));
        arguments.addAll(List.of(options));
        return stele(arguments.toArray(new String[0]));
    }

    @Override
    public GuestMachine create(MachineConfig config) {
        configs.add(config);
        return new ScriptedMachine(config);
    }

    @Override
    public byte[] deviceTree(MachineConfig config) {
        return ("tree for " + config.append()).getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void listCode(GivenCode code, ListingRows listing) {
        words = code.words();
    }

    /** Texts are printed on the console, an outcome ends the machine, "wait" waits for the host. */
    private final class ScriptedMachine extends PlainMachine {
        private final MachineConfig config;
        private boolean stopped;

        ScriptedMachine(MachineConfig config) {
            this.config = config;
        }

        @Override
        public Outcome run() {
            while (true) {
                switch (script.remove()) {
                    case Outcome outcome -> {
                        return outcome;
                    }
                    case RuntimeException e -> throw e;
                    case String text when text.equals("wait") -> {
                        return waitForStop();
                    }
                    case Object text -> {
                        for (byte value : text.toString().getBytes(StandardCharsets.US_ASCII)) {
                            config.output().put(value);
                        }
                    }
                }
            }
        }

        private synchronized Outcome waitForStop() {
            try {
                while (!stopped) {
                    wait();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Outcome.STOPPED;
        }

        @Override
        public synchronized void requestStop() {
            stopped = true;
            notifyAll();
        }

        @Override
        public String whereabouts() {
            return "CPU 0 waits";
        }

        @Override
        public String statistics() {
            return "counters\n";
        }

        @Override
        public void dumpCode(ListingRows out) throws IOException {
            out.comment("the code");
        }

        @Override
        public void dumpHot(int count, ListingRows out) throws IOException {
            out.comment("the " + count + " hottest blocks");
        }

        @Override
        public void dumpPlace(String place, List<Path> symbols, ListingRows out) throws IOException {
            out.comment("at " + place);
        }

        @Override
        public void writeProfile(List<Path> symbols, Appendable out) throws IOException {
            out.append("profile with ").append(symbols.toString());
        }
    }

    @Test
    void powerOffIsSuccess() {
        script.add(Outcome.POWER_OFF);
        assertEquals(ExitCode.OK, boot("--memory", "2G", "--append", "console=ttyAMA0 quiet"));
        assertEquals(2L << 30, configs.get(0).memoryBytes());
        assertEquals("console=ttyAMA0 quiet", configs.get(0).append());
        assertEquals(kernel, configs.get(0).kernel());
        assertEquals(null, configs.get(0).initrd());
        assertEquals("", err.toString());
    }

    @Test
    void rebootStartsTheMachineAgain() {
        script.addAll(List.of("reboot: Restarting system\n", Outcome.RESET, Outcome.POWER_OFF));
        assertEquals(ExitCode.OK, boot());
        assertEquals(2, configs.size());
    }

    @Test
    void panicThatResetsHasItsOwnExitCode() {
        script.addAll(List.of("[    1.0] Kernel panic - not syncing: No working init found.\r\n", Outcome.RESET));
        assertEquals(ExitCode.PANIC, boot());
        assertEquals("stele: the guest's kernel panicked: No working init found.\n", err.toString());
    }

    @Test
    void panicThatLoopsIsNoticed() {
        script.addAll(List.of("[    1.0] Kernel panic - not syncing: VFS\r\n[    1.0] ---[ end Kernel panic - not syncing: VFS ]---\r\n", "wait"));
        assertEquals(ExitCode.PANIC, boot());
        assertEquals("stele: the guest's kernel panicked: VFS\n", err.toString());
    }

    @Test
    void timeoutStopsTheGuest() {
        script.add("wait");
        assertEquals(ExitCode.TIMEOUT, boot("--timeout", "0.1"));
        assertEquals("stele: stopped after 0.1 (--timeout): CPU 0 waits\n", err.toString());
    }

    @Test
    void machineFailureIsOneLine() {
        script.add(new MachineException("not an arm64 kernel"));
        assertEquals(ExitCode.ERROR, boot());
        assertEquals("stele: not an arm64 kernel\n", err.toString());
    }

    @Test
    void unexpectedFailureIsCalledInternal() {
        script.add(new IllegalStateException("oops"));
        assertEquals(ExitCode.ERROR, boot());
        assertTrue(err.toString().startsWith("stele: internal error: java.lang.IllegalStateException: oops\n"), err.toString());
    }

    @Test
    void consoleGoesToAFile() throws IOException {
        Path log = folder.resolve("log");
        script.addAll(List.of("hello\r\n", Outcome.POWER_OFF));
        assertEquals(ExitCode.OK, stele("boot", "--kernel", kernel.toString(), "--console", "file:" + log));
        assertEquals("hello\r\n", Files.readString(log));
    }

    @Test
    void codeAndDeviceTreeAreWritten() throws IOException {
        Path code = folder.resolve("code");
        script.add(Outcome.POWER_OFF);
        assertEquals(ExitCode.OK, boot("--dump-code", code.toString()));
        assertEquals("# the code\n", Files.readString(code));
        assertTrue(configs.get(0).recording().code());
        Path tree = folder.resolve("tree");
        assertEquals(ExitCode.OK, boot("--dump-dtb", tree.toString(), "--append", "x"));
        assertEquals("tree for x", Files.readString(tree));
        assertEquals(1, configs.size());
    }

    @Test
    void hotBlocksAndTheProfileAreWritten() throws IOException {
        script.addAll(List.of(Outcome.POWER_OFF, Outcome.POWER_OFF, Outcome.POWER_OFF));
        Path text = folder.resolve("hot");
        assertEquals(ExitCode.OK, boot("--dump-hot", "7", "--dump-code", text.toString()));
        assertEquals("# the 7 hottest blocks\n", Files.readString(text));
        Path page = folder.resolve("hot.html");
        assertEquals(ExitCode.OK, boot("--dump-hot", "7", "--passes", "--dump-code", page.toString()));
        assertTrue(Files.readString(page).contains("<p>the 7 hottest blocks</p>"));
        Path stacks = folder.resolve("stacks");
        assertEquals(ExitCode.OK, boot("--profile", stacks.toString(), "--symbols", folder.toString()));
        assertEquals("profile with [" + folder + "]", Files.readString(stacks));
        assertEquals(List.of(new Recording(true, false, true, false, false), new Recording(true, true, true, false, false), new Recording(false, false, true, false, false)),
            configs.stream().map(MachineConfig::recording).toList());
    }

    @Test
    void aFullDiskIsNamedWithTheFileThatItHasNoRoomFor() {
        for (String option : List.of("--dump-code", "--profile")) {
            script.add(Outcome.POWER_OFF);
            assertEquals(ExitCode.ERROR, boot(option, "/dev/full"));
            assertTrue(err.toString().endsWith("stele: " + option + ": cannot write /dev/full: No space left on device\n"), err.toString());
        }
    }

    @Test
    void thePlaceOfADumpIsAFunctionOrAnAddress() throws IOException {
        script.addAll(List.of(Outcome.POWER_OFF, Outcome.POWER_OFF));
        Path text = folder.resolve("place");
        assertEquals(ExitCode.OK, boot("--dump-at", "do_idle", "--dump-code", text.toString()));
        assertEquals("# at do_idle\n", Files.readString(text));
        assertEquals(ExitCode.OK, boot("--dump-at", "0xffff800008001000", "--dump-code", text.toString()));
        assertEquals("# at 0xffff800008001000\n", Files.readString(text));
        assertEquals(ExitCode.USAGE, boot("--dump-at", "0xspam"));
        assertEquals(ExitCode.USAGE, boot("--dump-at", "do_idle", "--dump-hot", "3"));
        assertEquals(new Recording(true, false, false, false, false), configs.getFirst().recording());
    }

    @Test
    void countersAreTextOrJson() {
        script.addAll(List.of(Outcome.POWER_OFF, Outcome.POWER_OFF, Outcome.POWER_OFF));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            assertEquals(ExitCode.OK, boot());
            assertEquals(ExitCode.OK, boot("--stats"));
            assertEquals(ExitCode.OK, boot("--stats-format", "json"));
        } finally {
            System.setErr(before);
        }
        assertEquals("counters\n{}\n", printed.toString(StandardCharsets.UTF_8));
    }

    @Test
    void badFilesAreNamed() throws IOException {
        assertEquals(ExitCode.ERROR, stele("boot", "--kernel", "/no/such/kernel"));
        assertEquals(ExitCode.ERROR, stele("boot", "--kernel", folder.toString()));
        Path empty = Files.writeString(folder.resolve("empty"), "");
        assertEquals(ExitCode.ERROR, boot("--initrd", empty.toString()));
        assertEquals(ExitCode.ERROR, boot("--dump-code", "/no/such/folder/code"));
        assertEquals("stele: --kernel: there is no file /no/such/kernel\nstele: --kernel: not a file but a folder: " + folder
            + "\nstele: --initrd: empty file: " + empty + "\nstele: --dump-code: cannot write /no/such/folder/code\n", err.toString());
        assertEquals(0, configs.size());
    }

    @Test
    void theCpuHasTheFeaturesOfTheCommandLine() {
        script.addAll(List.of(Outcome.POWER_OFF, Outcome.POWER_OFF));
        assertEquals(ExitCode.OK, boot());
        assertEquals(ExitCode.OK, boot("--cpu", "max,-sha3"));
        assertEquals(CpuFeatures.DEFAULT.toString(), configs.get(0).features().toString());
        assertEquals(CpuFeatures.parse("max,-sha3").toString(), configs.get(1).features().toString());
    }

    @Test
    void whatRunCannotDoIsNotTakenForItsCommandsStatus() {
        assertEquals(ExitCode.RUN_ERROR, stele("run", "--dump-at", "prog:main", "--symbols", "/no/such/program", "--", "true"));
        assertEquals(ExitCode.RUN_ERROR, stele("run", "--profile", "/no/such/folder/stacks", "--", "true"));
    }

    @Test
    void wrongUsageIsExitCodeTwo() {
        assertEquals(ExitCode.USAGE, boot("--memory", "lots"));
        assertEquals(ExitCode.USAGE, boot("--memory", "1M"));
        assertEquals(ExitCode.USAGE, boot("--timeout", "-1"));
        assertEquals(ExitCode.USAGE, boot("--cpu", "max,+telepathy"));
        assertEquals(ExitCode.USAGE, boot("--console", "window"));
        assertEquals(ExitCode.USAGE, boot("--no-such-option"));
        assertEquals(ExitCode.USAGE, boot("--stats-format", "xml"));
        assertEquals(ExitCode.USAGE, boot("--dump-hot", "0"));
        assertEquals(ExitCode.USAGE, boot("--passes"));
        assertEquals(ExitCode.USAGE, boot("--dump-code", folder.resolve("all.html").toString()));
        assertEquals(ExitCode.ERROR, boot("--profile", "stacks", "--symbols", "/no/such/program"));
        assertEquals(ExitCode.USAGE, stele("run"));
        assertEquals(ExitCode.USAGE, stele("launch"));
        assertEquals(ExitCode.USAGE, stele("dump"));
        assertEquals(ExitCode.USAGE, stele("dump", "--code", "91000421", "--format", "pdf"));
        assertEquals(ExitCode.USAGE, stele("dump", "--code", "9100042"));
        assertEquals(ExitCode.USAGE, stele("dump", "--code", "91000421", "--address", "2"));
        assertEquals(0, configs.size());
        assertTrue(err.toString().contains("stele: --memory: 'lots' is not a size of memory (examples: 512, 512M, 2G)\n"), err.toString());
        assertTrue(err.toString().contains("stele: --cpu: '+telepathy' is none of default, max (in the first place), +FEATURE, -FEATURE; features: aes "),
            err.toString());
        assertTrue(err.toString().contains("stele: missing required parameter: 'CMD'; try 'stele run --help'\n"), err.toString());
    }

    @Test
    void aPortThatIsTakenIsNamed() throws IOException {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/passt")), "needs passt");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertEquals(ExitCode.ERROR, boot("--forward", taken.getLocalPort() + ":80"));
            assertTrue(err.toString().startsWith("stele: --forward: port " + taken.getLocalPort() + " of the host cannot be used: "), err.toString());
        }
        assertEquals(0, configs.size());
    }

    @Test
    void whatIsUnknownIsNamedInOneLineWithASuggestion() {
        assertEquals(ExitCode.USAGE, stele("bot"));
        assertEquals(ExitCode.USAGE, boot("--kernl", "Image"));
        assertEquals(ExitCode.USAGE, boot("surplus"));
        assertEquals(ExitCode.USAGE, stele("run", "--qqq", "ls"));
        assertEquals("stele: unknown command 'bot'; did you mean boot?\nstele: unknown option '--kernl'; did you mean --kernel?\n"
            + "stele: unknown argument 'surplus'; try 'stele boot --help'\nstele: unknown option '--qqq'; try 'stele run --help'\n", err.toString());
    }

    @Test
    void dumpReadsInstructionWords() {
        assertEquals(ExitCode.OK, stele("dump", "--code", "91000421 0xf9400020,d65f03c0"));
        assertEquals(List.of(0x91000421, 0xf9400020, 0xd65f03c0), List.of(words[0], words[1], words[2]));
    }

    @Test
    void dumpReadsFilesOfInstructions() throws IOException {
        Path file = Files.write(folder.resolve("code"), new byte[] {0x21, 0x04, 0, (byte) 0x91, (byte) 0xc0, 3, 0x5f, (byte) 0xd6});
        assertEquals(ExitCode.OK, stele("dump", "--file", file.toString(), "--format", "json"));
        assertEquals(List.of(0x91000421, 0xd65f03c0), List.of(words[0], words[1]));
        assertEquals(ExitCode.USAGE, stele("dump", "--file", file.toString(), "--code", "91000421"));
        Files.write(file, new byte[] {1, 2, 3});
        assertEquals(ExitCode.ERROR, stele("dump", "--file", file.toString()));
        assertEquals(ExitCode.ERROR, stele("dump", "--file", folder.resolve("none").toString()));
        assertTrue(err.toString().contains("code has 3 bytes; it must be whole instructions"), err.toString());
    }

    @Test
    void whatIsNotThereIsNamedWithItsOption() {
        assertEquals(ExitCode.ERROR, boot("--net", "tap,ifname=none7"));
        assertTrue(err.toString().startsWith("stele: --net tap: there is no interface 'none7'"), err.toString());
        err.getBuffer().setLength(0);
        assertEquals(ExitCode.RUN_ERROR, stele("run", "--rootfs", folder.resolve("none").toString(), "--", "true"));
        assertTrue(err.toString().startsWith("stele: --rootfs: there is no folder " + folder.resolve("none")), err.toString());
    }

    @Test
    void doctorNamesTheProgramsOfAllOptions() {
        PrintStream standard = System.out;
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        System.setOut(new PrintStream(lines, true));
        try {
            stele("doctor");
        } finally {
            System.setOut(standard);
        }
        for (String tool : List.of("debugfs", "mmdebstrap", "newuidmap", "passt", "diod", "bwrap", "qemu-nbd")) {
            assertTrue(lines.toString().contains("  " + tool + " "), lines.toString());
        }
    }

    @Test
    void everyCommandHasHelpWithItsExitCodes() {
        for (String command : List.of("boot", "run", "fetch", "doctor")) {
            assertEquals(ExitCode.OK, stele(command, "--help"));
        }
        assertEquals(ExitCode.OK, stele("--help"));
        assertEquals(ExitCode.OK, stele("dump", "--help"));
        assertEquals(4, out.toString().split("Exit codes:", -1).length - 1);
    }
}
