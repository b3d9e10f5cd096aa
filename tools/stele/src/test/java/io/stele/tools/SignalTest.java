package io.stele.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.codegen.listing.ListingRows;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.GivenCode;
import io.stele.tools.machine.GuestMachine;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.Outcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A signal ends a guest as the other ways out do: what was asked for at the end is written. */
@Timeout(30)
final class SignalTest {
    private static final String LISTING = "the code";
    /** As long as a machine may take to store its translations. */
    private static final long CLOSE_MILLIS = 700;

    @TempDir
    Path folder;

    /** Boots a machine that says that it runs and waits for its end; how it takes a request to stop, or its button, is its first argument. */
    static final class Program implements Backend {
        private final boolean obeys;
        /** How often the button has to be pressed; 0: there is none. */
        private final int presses;

        private Program(String machine) {
            obeys = machine.equals("obeys");
            presses = machine.equals("listens late") ? 2 : 0;
        }

        public static void main(String[] arguments) {
            Main main = new Main(new Program(arguments[0]), new PrintWriter(System.out, true), new PrintWriter(System.err, true));
            System.exit(main.execute(List.of(arguments).subList(1, arguments.length).toArray(new String[0])));
        }

        @Override
        public GuestMachine create(MachineConfig config) {
            CountDownLatch stop = new CountDownLatch(1);
            CountDownLatch button = new CountDownLatch(presses);
            return new PlainMachine() {
                @Override
                public Outcome run() {
                    config.output().put((byte) '!');
                    try {
                        stop.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return Outcome.STOPPED;
                }

                @Override
                public void requestStop() {
                    if (obeys) {
                        stop.countDown();
                    }
                }

                @Override
                public boolean powerButton(boolean pressed) {
                    if (pressed) {
                        button.countDown();
                    } else if (button.getCount() == 0) {
                        stop.countDown();
                    }
                    return presses > 0;
                }

                @Override
                public String statistics() {
                    return "counters\n";
                }

                @Override
                public void dumpCode(ListingRows out) throws IOException {
                    out.comment(LISTING);
                }

                @Override
                public void close() {
                    try {
                        Thread.sleep(CLOSE_MILLIS);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    System.err.println("translations stored");
                }
            };
        }

        @Override
        public byte[] deviceTree(MachineConfig config) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void listCode(GivenCode code, ListingRows out) {
            throw new UnsupportedOperationException();
        }
    }

    private record Ended(int status, String errors) {
    }

    private Ended endBySignal(String signal, String... command) throws IOException, InterruptedException {
        Path errors = folder.resolve("err");
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        try {
            assertEquals('!', process.getInputStream().read(), () -> read(errors));
            assertEquals(0, new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor());
            return new Ended(process.waitFor(), read(errors));
        } finally {
            GuestSessionTests.end(process);
        }
    }

    private String[] boot(String machine, Path code) throws IOException {
        Path kernel = Files.writeString(folder.resolve("Image"), "kernel");
        return new String[] {ProcessHandle.current().info().command().orElse("java"), "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED",
            "-cp", System.getProperty("java.class.path"), Program.class.getName(), machine, "boot", "--kernel", kernel.toString(),
            "--stats", "--dump-code", code.toString()};
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @ParameterizedTest
    @CsvSource({"HUP, 129", "INT, 130", "TERM, 143"})
    void signalsLeaveCodeTranslationsAndStatistics(String signal, int status) throws IOException, InterruptedException {
        Path code = folder.resolve("code");
        Ended ended = endBySignal(signal, boot("obeys", code));
        assertEquals(status, ended.status());
        assertEquals("stele: writing the generated code to " + code + "\ntranslations stored\ncounters\nstele: ended by a signal\n", ended.errors());
        assertEquals("# " + LISTING + "\n", Files.readString(code));
    }

    /** As a kernel that has its driver, but no program yet that does something about the button. */
    @Test
    void theButtonIsPressedUntilSomebodyListens() throws IOException, InterruptedException {
        Path code = folder.resolve("code");
        Ended ended = endBySignal("TERM", boot("listens late", code));
        assertEquals(143, ended.status());
        assertEquals("stele: pressed the guest's power button; a second signal stops it at once\nstele: writing the generated code to " + code
            + "\ntranslations stored\ncounters\nstele: ended by a signal\n", ended.errors());
    }

    @Test
    void machineThatDoesNotStopIsLeft() throws IOException, InterruptedException {
        Ended ended = endBySignal("TERM", boot("stuck", folder.resolve("code")));
        assertEquals(143, ended.status());
        assertEquals("stele: ended by a signal\n", ended.errors());
    }
}
