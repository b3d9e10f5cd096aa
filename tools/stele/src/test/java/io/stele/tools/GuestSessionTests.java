package io.stele.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.stele.tools.guest.GuestCache;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.VirtBackend;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code stele boot} and {@code stele run} as processes of their own: standard streams, exit status, poweroff. */
@Timeout(180)
abstract class GuestSessionTests {
    private static final int PATIENCE_SECONDS = 150;
    private static final int FRAMES = 6;

    @TempDir
    Path folder;

    private final String machine;

    /** @param machine what {@link Program} makes: "qemu" or "stele" */
    GuestSessionTests(String machine) {
        this.machine = machine;
    }

    /** The process under test. */
    static final class Program {
        private Program() {
        }

        public static void main(String[] arguments) {
            Backend backend = arguments[0].equals("qemu") ? new QemuBackend(Path.of(arguments[1])) : new VirtBackend();
            Main main = new Main(backend, new PrintWriter(System.out, true), new PrintWriter(System.err, true));
            System.exit(main.execute(List.of(arguments).subList(2, arguments.length).toArray(new String[0])));
        }
    }

    @BeforeAll
    static void needsTheGuest() {
        try {
            GuestCache.ofUser().guestWithModules(what -> { });
        } catch (UserException e) {
            Assumptions.abort("needs the default guest: " + e.getMessage());
        }
    }

    private record Result(int status, byte[] output, String error) {
        String text() {
            return new String(output, StandardCharsets.UTF_8);
        }
    }

    /** A guest that does not end says where it is, before the test's own time is over. */
    List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Program.class.getName(), machine, folder.toString()));
        command.add(arguments[0]);
        command.addAll(List.of("--timeout", "120"));
        command.addAll(List.of(arguments).subList(1, arguments.length));
        return command;
    }

    /** What the threads of a JVM are doing, in one line: a report that is cut has it still. */
    private static String threads(Process process) throws IOException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process dump = new ProcessBuilder(jcmd.toString(), Long.toString(process.pid()), "Thread.print").redirectErrorStream(true).start();
        dump.getOutputStream().close();
        String text = new String(dump.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return Pattern.compile("^(\"[^\"]+\").*\\n.*\\n((?:\\s+(?:at|-) .*\\n)+)", Pattern.MULTILINE).matcher(text).results()
            .map(thread -> thread.group(1) + thread.group(2).lines().map(String::strip)
                .filter(line -> line.startsWith("at")).limit(FRAMES).collect(Collectors.joining(" ", " ", "")))
            .collect(Collectors.joining("; "));
    }

    private static String read(File file) {
        try {
            return new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private Result stele(byte[] input, String... arguments) throws IOException, InterruptedException {
        File in = Files.write(folder.resolve("in"), input).toFile();
        File out = folder.resolve("out").toFile();
        File err = folder.resolve("err").toFile();
        Process process = new ProcessBuilder(command(arguments)).redirectInput(in).redirectOutput(out).redirectError(err).start();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                fail("no end. Threads: " + threads(process) + "\nErrors: " + read(err) + "\nOutput: " + read(out));
            }
            assertNotEquals(ExitCode.TIMEOUT, process.exitValue(), () -> "no end: " + read(err));
            return new Result(process.exitValue(), Files.readAllBytes(out.toPath()), read(err));
        } finally {
            end(process);
        }
    }

    @Test
    void streamsAndStatusAreTheCommands() throws Exception {
        byte[] input = new byte[3_000_000];
        new Random(7).nextBytes(input);
        Result result = stele(input, "run", "--", "sh", "-c", "cat; echo problem >&2; printf tail; exit 7");
        assertEquals("problem\n", result.error);
        assertEquals(7, result.status);
        byte[] expected = new byte[input.length + 4];
        System.arraycopy(input, 0, expected, 0, input.length);
        System.arraycopy("tail".getBytes(StandardCharsets.UTF_8), 0, expected, input.length, 4);
        assertArrayEquals(expected, result.output);
    }

    @Test
    void commandThatDoesNotReadItsInputEnds() throws Exception {
        Result result = stele(new byte[100_000], "run", "echo", "it's", "a  b", "-n");
        assertEquals("it's a  b -n\n", result.text());
        assertEquals(0, result.status);
    }

    /** Standard output and standard error to one place keep their order. */
    @Test
    void mixedStreamsKeepTheirOrder() throws Exception {
        Process process = new ProcessBuilder(command("run", "sh", "-c", "for i in 1 2 3; do echo out $i; echo err $i >&2; done"))
            .redirectErrorStream(true).start();
        try {
            process.getOutputStream().close();
            assertEquals("out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n",
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        } finally {
            end(process);
        }
    }

    /** As in a container: the machine ends with its command, and what that has left in the background does not hold it up. */
    @Test
    void whatTheCommandLeavesInTheBackgroundEndsWithIt() throws Exception {
        Result result = stele(new byte[0], "run", "sh", "-c", "sleep 1000 & echo done");
        assertEquals("done\n", result.text());
        assertEquals(0, result.status);
    }

    @Test
    void aTerminalIsThereIfAskedFor() throws Exception {
        Result result = stele(new byte[0], "run", "--tty", "--", "sh", "-c", "tty; tty <&1; tty <&2");
        assertEquals("/dev/hvc0\n/dev/hvc0\n/dev/hvc0\n", result.text(), result.error);
        assertEquals(0, result.status);
    }

    @Test
    void environmentFolderAndUserAreTheCommandsAndLoopbackIsUp() throws Exception {
        Result result = stele(new byte[0], "run", "-e", "A=it's b", "-eB=", "--user", "1000:50", "-w", "/tmp", "sh", "-c",
            "echo \"$A,$B,$(id -u):$(id -g),$(pwd),$(cat /sys/class/net/lo/flags)\"");
        assertEquals("it's b,,1000:50,/tmp,0x9\n", result.text(), result.error);
        assertEquals("", result.error);
    }

    @Test
    void aUserThatIsNotThereIsNamed() throws Exception {
        Result result = stele(new byte[0], "run", "--user", "nobody-at-all", "id");
        assertEquals("stele: there is no user or group nobody-at-all\n", result.error);
        assertEquals(126, result.status);
    }

    /** A signal reaches the command, which may end in order. */
    @Test
    void aSignalIsTheCommands() throws Exception {
        Process process = new ProcessBuilder(command("run", "sh", "-c",
            "trap 'echo bye; exit 5' INT; echo ready; while :; do sleep 0.1; done")).redirectError(folder.resolve("err").toFile()).start();
        StringBuilder seen = new StringBuilder();
        try {
            process.getOutputStream().close();
            readUntil(process.getInputStream(), seen, "ready\n");
            assertEquals(0, new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor());
            readUntil(process.getInputStream(), seen, null);
            assertEquals("ready\nbye\n", seen.toString());
            assertEquals(130, process.waitFor());
            assertEquals("stele: passed SIGINT to the command; a second signal stops the guest at once\nstele: ended by a signal\n",
                Files.readString(folder.resolve("err")));
        } finally {
            end(process);
        }
    }

    @Test
    void missingCommandIs127() throws Exception {
        Result result = stele(new byte[0], "run", "no-such-command");
        assertEquals(127, result.status);
        assertTrue(result.error.contains("no-such-command: not found"), result.error);
    }

    @Test
    void guestThatPowersOffBeforeTheEndIsAnError() throws Exception {
        Result result = stele(new byte[0], "run", "poweroff", "-f");
        assertEquals(ExitCode.RUN_ERROR, result.status);
        assertEquals("stele: the guest powered off before the command had ended\n", result.error);
    }

    @Test
    void panicInRunHasItsOwnStatus() throws Exception {
        Result result = stele(new byte[0], "run", "sh", "-c", "echo c >/proc/sysrq-trigger");
        assertEquals(ExitCode.RUN_PANIC, result.status);
        assertEquals("stele: the guest's kernel panicked: sysrq triggered crash\n", result.error);
    }

    /** The mask is of the CPU that ends the machine. */
    @ParameterizedTest
    @ValueSource(strings = {"1", "8"})
    void anyCpuPowersOff(String mask) throws Exception {
        Result result = stele(new byte[0], "run", "--cpus", "4", "--", "taskset", mask, "poweroff", "-f");
        assertEquals("stele: the guest powered off before the command had ended\n", result.error);
        assertEquals(ExitCode.RUN_ERROR, result.status);
    }

    @Test
    void moreCpusThanCoresBoot() throws Exception {
        Result result = stele(new byte[0], "run", "--cpus", "8", "--", "nproc");
        assertEquals("8\n", new String(result.output, StandardCharsets.UTF_8));
        assertEquals(0, result.status);
    }

    @Test
    void anotherCpuThanTheFirstPanics() throws Exception {
        Result result = stele(new byte[0], "run", "--cpus", "2", "--", "taskset", "2", "sh", "-c", "echo c >/proc/sysrq-trigger");
        assertEquals("stele: the guest's kernel panicked: sysrq triggered crash\n", result.error);
        assertEquals(ExitCode.RUN_PANIC, result.status);
    }

    @Test
    void shellObeysItsInputAndPowersOff() throws Exception {
        Process process = new ProcessBuilder(command("boot", "--memory", "512")).redirectError(folder.resolve("err").toFile()).start();
        StringBuilder console = new StringBuilder();
        try {
            readUntil(process.getInputStream(), console, "~ # ");
            process.getOutputStream().write("echo $((6 * 7))\n".getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            readUntil(process.getInputStream(), console, "\n42\r\n");
            process.getOutputStream().write("poweroff\n".getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            readUntil(process.getInputStream(), console, null);
            assertEquals(0, process.waitFor());
            assertTrue(console.indexOf("stele: /init is running") > 0, console::toString);
        } finally {
            end(process);
        }
    }

    /** Ends a process that a failed test left running, and its children with it. */
    static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** Reads until a text has come; null: until the end. */
    private static void readUntil(InputStream stream, StringBuilder seen, String text) throws IOException {
        int from = seen.length();
        while (text == null || seen.indexOf(text, from) < 0) {
            int value = stream.read();
            if (value < 0) {
                assertTrue(text == null, seen::toString);
                return;
            }
            seen.append((char) value);
        }
    }
}
