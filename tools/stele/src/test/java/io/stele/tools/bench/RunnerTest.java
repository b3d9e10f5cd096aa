package io.stele.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a machine does, a run ends, and says in one line what went wrong. */
@Timeout(60)
class RunnerTest {
    private static final Job JOB = new Job("work", List.of("work"), Path.of("/kernel"), null, "", 64, null, Set.of(), null);

    @TempDir
    Path logs;

    private Run run(String script, double limitSeconds) {
        return new Runner(logs, (long) (limitSeconds * 1e9)).run(new ShellTarget("qemu", script), JOB, 1);
    }

    @Test
    void marksGiveTimesAndOutputs() throws IOException {
        Run run = run(ShellTarget.good("work", 0.3, "abc"), 30);
        assertNull(run.failure);
        assertEquals(Set.of("boot", "work"), run.figures.keySet());
        Run.Figure figure = run.figures.get("work");
        assertEquals(10, figure.operations());
        assertEquals("abc", figure.output());
        assertTrue(figure.nanos() > TimeUnit.MILLISECONDS.toNanos(290) && figure.nanos() < TimeUnit.SECONDS.toNanos(20), figure.toString());
        assertTrue(Files.readString(logs.resolve("work-qemu-1.console")).contains("bench-begin work"));
    }

    @Test
    void aProgramMayTellItsTimeItself() {
        Run run = run("echo bench-begin work 10; sleep 0.2; echo bench-end work 0; echo bench-took work 5000; echo bench-took other 1;"
            + "echo bench-output work abc abc; echo bench-done", 30);
        assertEquals(new Run.Figure(5000, 10, "abc", "abc"), run.figures.get("work"));
    }

    @Test
    void aMachineThatHangsIsEndedAndNamed() throws IOException {
        Run run = run("echo bench-begin work 1; sleep 1000 & sleep 1000", 0.5);
        assertEquals("work did not end within 0.5 s (--time-limit)", run.failure);
        assertEquals(0, ProcessHandle.current().descendants().filter(process -> process.info().command().orElse("").endsWith("/sleep")).count());
    }

    @Test
    void aMachineThatCrashesIsToldWithItsLastWords() {
        assertEquals("qemu ended during work with status 3: no memory", run("echo bench-begin work 1; echo no memory >&2; exit 3", 30).failure);
        assertEquals("qemu ended during work with status 137", run("echo bench-begin work 1 >/dev/null; echo bench-begin work 1; kill -9 $$", 30)
            .failure.replaceAll(";.*", ""));
        assertEquals("qemu ended with status 0; its last line: Kernel panic - not syncing", run("echo 'Kernel panic - not syncing'", 30).failure);
        assertEquals("qemu ended with status 1: stele: internal error: x", run(
            "echo 'stele: internal error: x' >&2; echo 'stele: STELE_DEBUG=1 in the environment shows where' >&2; exit 1", 30).failure);
    }

    @Test
    void aProgramThatFailsIsToldWithItsLastWords() {
        Run run = run("echo bench-begin work 1; echo bench-end work 127; echo bench-says sh: work: not found; echo bench-done", 30);
        assertEquals("work ended with status 127: sh: work: not found", run.failure);
        assertNull(run.figures.get("work"));
    }

    @Test
    void aProgramThatIsNotThereIsAFailure() {
        Target target = new Target() {
            @Override
            public String name() {
                return "qemu";
            }

            @Override
            public String description() {
                return "";
            }

            @Override
            public List<String> command(Job job) {
                return List.of("/nowhere/qemu-system-aarch64");
            }
        };
        Run run = new Runner(logs, 1_000_000_000).run(target, JOB, 1);
        assertTrue(run.failure.contains("/nowhere/qemu-system-aarch64"), run.failure);
    }

    @Test
    void endlessOutputAndBrokenMarksDoNoHarm() throws IOException {
        assertTrue(run("yes 'bench-begin'", 0.5).failure.contains("did not end"));
        assertTrue(Files.size(logs.resolve("work-qemu-1.console")) < 16 << 20);
        Run run = run("printf 'bench-begin\\nbench-end\\nbench-begin work many\\nbench-end work\\nbench-end other 0\\nbench-output\\n\\377\\000\\n"
            + "bench-end work 0\\nbench-done'", 30);
        assertNull(run.failure);
        assertEquals(Set.of("work"), run.figures.keySet());
    }

    @Test
    void aFullDiskIsAFailureOfTheRun() throws IOException {
        Files.createSymbolicLink(logs.resolve("work-qemu-1.console"), Path.of("/dev/full"));
        Run run = run(ShellTarget.good("work", 0, "abc"), 30);
        assertTrue(run.failure.contains("No space left on device"), run.failure);
    }

    @Test
    void aStopEndsTheRunAndAllLaterOnes() throws InterruptedException {
        Runner runner = new Runner(logs, TimeUnit.SECONDS.toNanos(50));
        Thread stopper = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(300);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            runner.stop();
        });
        long started = System.nanoTime();
        runner.run(new ShellTarget("qemu", "exec sleep 40"), JOB, 1);
        runner.run(new ShellTarget("qemu", "exec sleep 40"), JOB, 2);
        assertTrue(System.nanoTime() - started < TimeUnit.SECONDS.toNanos(30));
        stopper.join();
    }
}
