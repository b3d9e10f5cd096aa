package io.stele.tools.machine;

import io.stele.platform.pl011.ConsoleSink;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.arm64.system.CpuFeatures;
import io.stele.kvm.KvmSystem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A bare-metal program for the {@code virt} machine: assembled from a test resource, run by Stele and by QEMU. */
public final class GuestProgram {
    static final String CORTEX_A57 = "cortex-a57";
    /** With LSE atomics and the 16 KiB granule. */
    static final String CORTEX_A76 = "cortex-a76";

    /** With branch target identification. */
    static final String MAX = "max";

    static final long MEMORY_BYTES = 256L << 20;
    static final ConsoleSource NO_INPUT = new NoInput();
    /** For profiles, samples are taken from the start on: so loops become clusters though the programs are short. */
    private static final Recording SAMPLED = new Recording(false, false, true, false, false);
    private static final int SECONDS = 120;
    private static final String[] TOOLS = {
        "aarch64-linux-gnu-as", "aarch64-linux-gnu-ld", "aarch64-linux-gnu-objcopy", "qemu-system-aarch64",
    };

    private final Path directory;
    private Path image;
    private String statistics = "";
    private CpuFeatures features = CpuFeatures.parse("max,-bti");
    private int cpus = 1;
    private Path variables;
    private Runnable whenReady = () -> { };
    private ConsoleSource input = NO_INPUT;
    private ConsoleSink output = value -> { };

    /**
     * Assembles a program; skips the test if KVM or a tool is missing.
     *
     * @param symbols definitions for the assembler, {@code NAME=number}
     */
    GuestProgram(Path directory, String name, String... symbols) throws IOException, InterruptedException {
        this(directory, GuestProgram.class, name, symbols);
    }

    /** @param owner has the program among its resources */
    public GuestProgram(Path directory, Class<?> owner, String name, String... symbols) throws IOException, InterruptedException {
        this(directory, name, resource(owner, name + ".S"), symbols);
    }

    /** @param source the program's text */
    GuestProgram(Path directory, String name, byte[] source, String... symbols) throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.isReadable(Path.of(KvmSystem.DEVICE)), KvmSystem.DEVICE + " is not there");
        for (String tool : TOOLS) {
            Assumptions.assumeTrue(isInstalled(tool), () -> "this test needs " + tool + ", which is not installed");
        }
        this.directory = directory;
        image = directory.resolve(name + ".img");
        for (String shared : new String[] {"common.inc", "rounds.inc"}) {
            Files.write(directory.resolve(shared), resource(GuestProgram.class, shared));
        }
        Files.write(directory.resolve(name + ".S"), source);
        List<String> assembler = new ArrayList<>(List.of(TOOLS[0], "-o", name + ".o"));
        for (String symbol : symbols) {
            assembler.add("--defsym");
            assembler.add(symbol);
        }
        assembler.add(name + ".S");
        tool(assembler);
        tool(List.of(TOOLS[1], "-Ttext=0", "-o", name + ".elf", name + ".o"));
        tool(List.of(TOOLS[2], "-O", "binary", "-j", ".text", name + ".elf", image.toString()));
    }

    /** Takes the ELF file, linked again as a position-independent program at address 0, instead of the flat file. */
    GuestProgram positionIndependent(String name) throws IOException, InterruptedException {
        image = directory.resolve(name + ".elf");
        tool(List.of(TOOLS[1], "-pie", "--no-dynamic-linker", "-n", "-Ttext=0", "-e", "_start", "-o", image.toString(), name + ".o"));
        return this;
    }

    /** The CPU saves PSTATE.BTYPE, which those of QEMU but {@link #MAX} do not have. */
    GuestProgram branchTypes() {
        features = CpuFeatures.MAX;
        return this;
    }

    /** The machines have so many CPUs. */
    GuestProgram cpus(int count) {
        cpus = count;
        return this;
    }

    /** The program, without the header of an Image, is firmware: it begins at address 0 and is executed in place. */
    GuestProgram inFlash() {
        variables = directory.resolve("variables");
        return this;
    }

    private static boolean isInstalled(String tool) {
        for (String path : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(path, tool))) {
                return true;
            }
        }
        return false;
    }

    private static byte[] resource(Class<?> owner, String name) throws IOException {
        try (InputStream source = owner.getResourceAsStream(name)) {
            return source.readAllBytes();
        }
    }

    private void tool(List<String> command) throws IOException, InterruptedException {
        process(command, command.getFirst() + ".txt");
    }

    /** Runs a program to its end; its standard output. What it warns of on standard error counts only if it fails. */
    private String process(List<String> command, String output) throws IOException, InterruptedException {
        Path file = directory.resolve(output);
        Path errors = directory.resolve("errors.txt");
        Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectError(errors.toFile())
            .redirectInput(Path.of("/dev/null").toFile()).redirectOutput(file.toFile()).start();
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new IOException(command.getFirst() + " does not end; it printed\n" + Files.readString(file));
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (process.exitValue() != 0) {
            throw new IOException(command + " ended with status " + process.exitValue() + ":\n" + text + Files.readString(errors));
        }
        return text;
    }

    /** The assembled program, an arm64 Image. */
    public Path image() {
        return image;
    }

    /** The console of the program under QEMU. */
    String onQemu(String cpu) throws IOException, InterruptedException {
        return process(List.of(TOOLS[3], "-M", "virt,gic-version=3", "-cpu", cpu, "-smp", Integer.toString(cpus), "-m", Long.toString(MEMORY_BYTES >> 20), "-nographic", "-nic", "none",
            "-no-reboot", variables != null ? "-bios" : "-kernel", image.toString()), "qemu.txt");
    }

    /** Stele's machine reads from here, and tells of each byte that the program prints. */
    void input(ConsoleSource from, ConsoleSink to) {
        input = from;
        output = to;
    }

    /** From now on, Stele's machine calls this when the program prints the last letter of "ready". */
    void whenReady(Runnable action) {
        whenReady = action;
    }

    /** The console of the program under Stele, which must turn the machine off. */
    String onStele() {
        return onStele(Outcome.POWER_OFF, TimeUnit.SECONDS.toMillis(SECONDS));
    }

    /** The same with a folder of translations, which may have those of earlier runs. */
    String onStele(Path translations) {
        return onStele(translations, null);
    }

    /** The same for a guest whose programs come from a medium. */
    String onStele(Path translations, Path medium) {
        return onStele(Outcome.POWER_OFF, TimeUnit.SECONDS.toMillis(SECONDS), new Translations(translations, medium));
    }

    /** What {@code --stats} prints of the last run. */
    String statistics() {
        return statistics;
    }

    /** A counter of the last run, by its name in {@code --stats}. */
    long counter(String name) {
        return statistics.lines().map(String::strip).filter(line -> line.startsWith(name + " ")).mapToLong(line -> Long.parseLong(line.substring(name.length()).strip()))
            .findFirst().orElseThrow();
    }

    /**
     * The console of the program under Stele.
     *
     * @param expected how it must end
     * @param millis when the machine is asked to stop
     */
    String onStele(Outcome expected, long millis) {
        return onStele(expected, millis, null);
    }

    private String onStele(Outcome expected, long millis, Translations translations) {
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        MachineConfig config = config(cpus, features, image, variables, b -> {
            console.write(b);
            output.put(b);
            if (b == 'y') {
                whenReady.run();
            }
        }, translations, input);
        try (GuestMachine machine = new VirtBackend().create(config)) {
            Thread limit = Thread.ofPlatform().daemon().start(() -> stop(machine, millis));
            Outcome outcome;
            try {
                outcome = machine.run();
            } catch (MachineException e) {
                throw new AssertionError(e.getMessage() + "; the console:\n" + console.toString(StandardCharsets.ISO_8859_1), e);
            } finally {
                limit.interrupt();
            }
            statistics = machine.statistics();
            String text = console.toString(StandardCharsets.ISO_8859_1);
            assertEquals(expected, outcome, () -> "the console:\n" + text);
            return text;
        }
    }

    /** A machine without input that runs a raw image and forgets what that prints. */
    public static MachineConfig config(Path image) {
        return config(1, CpuFeatures.MAX, image, null, value -> { }, null, NO_INPUT);
    }

    private static MachineConfig config(int cpus, CpuFeatures features, Path image, Path variables, ConsoleSink output, Translations translations,
            ConsoleSource input) {
        return new MachineConfig(cpus, MEMORY_BYTES, features, image, variables, null, "", null, output, input,
            translations, SAMPLED, List.of());
    }

    private static void stop(GuestMachine machine, long millis) {
        try {
            Thread.sleep(millis);
            machine.requestStop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Both consoles are equal, byte for byte. */
    void assertSameConsole(String qemuCpu) throws IOException, InterruptedException {
        assertEquals(onQemu(qemuCpu), onStele());
    }

    private static final class NoInput implements ConsoleSource {
        @Override
        public int read() {
            return -1;
        }

        @Override
        public void onAvailable(Runnable listener) {
            // Nothing ever arrives.
        }
    }
}
